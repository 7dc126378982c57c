//! The other registrations of an instance: the same machine under other ids.

use crate::{
    builder::{Context, QueryBuilder, by_key::InScope},
    instances::found::FoundKey,
};
use muster_model::{column::Columns, instance::Registration};
use muster_store::error::StoreError;

/// An instance with what tells that another one is the same machine.
#[derive(Clone, Debug, Columns)]
pub struct Identity {
    #[column(flatten)]
    pub key: FoundKey,
    #[column(flatten)]
    pub registered: Registered,
}

/// What an instance was registered as.
#[derive(Clone, Debug, Columns)]
pub struct Registered {
    pub resource_type: String,
    source_id: String,
    source_type: String,
    computer_name: String,
    ip_address: String,
    platform_type: String,
    platform_name: String,
}

impl InScope for Identity {}

/// Returns the other registrations of an instance, the newest first. Most instances have none, which is found without
/// reading what changes with each harvest.
pub fn registrations(context: Context<'_>, instance: &Identity) -> Result<Vec<Registration>, StoreError> {
    let sql = include_str!("registration_candidates.sql");
    let read = QueryBuilder::by_key(context, instance);
    let mut keys = read.rows("registrations", sql, |row| Ok(vec![row.get::<_, i64>(0)?]))?;
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let key = instance.key.instance_key;
    keys.push(vec![key]);
    let mut query = QueryBuilder::for_instances(context);
    let own = query.bind(key);
    query.filter_rows("f.instance_key", &keys);
    query.read("an instance's registrations", &include_str!("registrations.sql").replace("{own}", &own))
}
