//! The other registrations of an instance: the same machine under other ids.

use crate::{
    builder::{Context, QueryBuilder},
    instance_key_filter::InstanceKeys,
};
use muster_model::instance::Registration;
use muster_store::error::StoreError;

/// Returns the other registrations of the instance with this key, the newest first. Most instances have none, which is
/// found without reading what changes with each harvest.
pub fn registrations(context: Context<'_>, found: &InstanceKeys, key: i64) -> Result<Vec<Registration>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_instance(found).filter_by("f.instance_key = {}", key);
    let sql = include_str!("registration_candidates.sql");
    let mut keys = query.rows("registrations", sql, |row| Ok(vec![row.get::<_, i64>(0)?]))?;
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    keys.push(vec![key]);
    let mut query = QueryBuilder::for_instances(context);
    let own = query.bind(key);
    query.filter_rows("f.instance_key", &keys);
    query.read("an instance's registrations", &include_str!("registrations.sql").replace("{own}", &own))
}
