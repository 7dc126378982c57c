//! The instances of an id that the scope contains, for the statements that read their rows by key.

use crate::{
    builder::{Context, QueryBuilder, by_key::InScope},
    instance_key_filter::{InstanceKeys, find_instance},
};
use jiff::Timestamp;
use muster_model::{column::Columns, ids::InstanceId, provider::Provider};
use muster_store::error::StoreError;

/// Where the rows of an instance are.
#[derive(Clone, Debug, Columns)]
pub struct FoundKey {
    pub instance_key: i64,
    pub instance_id: String,
    pub account_id: String,
    pub region: String,
    /// When its account last changed owners: nothing before is shown.
    pub owned_from: Option<Timestamp>,
}

/// An instance with what its lists show of it.
#[derive(Clone, Debug, Columns)]
pub struct FoundInstance {
    #[column(flatten)]
    pub key: FoundKey,
    pub name: String,
    pub provider: Provider,
    pub account_name: String,
    pub customer_id: String,
    pub platform_type: String,
    pub platform_name: String,
    pub uses_apt: bool,
    pub first_seen_at: Timestamp,
    pub gone_at: Option<Timestamp>,
    /// The same for all registrations of an instance.
    pub history_key: i64,
}

impl InScope for FoundKey {}
impl InScope for FoundInstance {}

/// Finds the instances in scope with this id: several accounts may know it.
pub fn find(context: Context<'_>, instance: &InstanceId) -> Result<Vec<FoundInstance>, StoreError> {
    read(QueryBuilder::for_instances(context), &find_instance(context, instance)?, "")
}

/// Finds the instances in scope with this id, and their other registrations: the instances whose histories are one.
pub fn find_history(context: Context<'_>, instance: &InstanceId) -> Result<Vec<FoundInstance>, StoreError> {
    with_registrations(context, QueryBuilder::for_instances, instance, "")
}

/// An instance with what its runs are compared with.
#[derive(Clone, Debug, Columns)]
pub struct FoundRuns {
    #[column(flatten)]
    found: FoundInstance,
    run_requested_at: Option<Timestamp>,
    last_scan_at: Option<Timestamp>,
    missing: i64,
    failed: i64,
    pending_reboot: i64,
}

impl InScope for FoundRuns {}

impl AsMut<FoundInstance> for FoundInstance {
    fn as_mut(&mut self) -> &mut FoundInstance {
        self
    }
}

impl AsMut<FoundInstance> for FoundRuns {
    fn as_mut(&mut self) -> &mut FoundInstance {
        &mut self.found
    }
}

/// Finds the instances in scope with this id, and their other registrations, with their status and their latest run, which
/// takes longer.
pub fn find_runs(context: Context<'_>, instance: &InstanceId) -> Result<Vec<FoundRuns>, StoreError> {
    let columns = ", f.run_requested_at, f.last_scan_at, f.missing, f.failed, f.pending_reboot";
    with_registrations(context, QueryBuilder::for_instance_runs, instance, columns)
}

/// Returns the other registrations of an instance in scope, of which enrollment attested that they are the same. Whether the
/// scope contains them, too, is checked by the statement that uses the keys.
pub fn other_registrations(context: Context<'_>, instance: &FoundKey) -> Result<InstanceKeys, StoreError> {
    let read = QueryBuilder::by_key(context, instance);
    let row = |row: &duckdb::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let rows: Vec<(i64, String)> = read.rows("other registrations", include_str!("attested.sql"), row)?;
    let (keys, ids) = rows.into_iter().unzip();
    Ok(InstanceKeys { ids, keys, accounts: vec![instance.account_id.clone()], is_attested: true })
}

/// Reads the keys of those of these instances that the scope contains.
pub fn read_keys(context: Context<'_>, instances: &InstanceKeys) -> Result<Vec<FoundKey>, StoreError> {
    if instances.keys.is_empty() {
        return Ok(Vec::new());
    }
    read(QueryBuilder::for_instances(context), instances, "")
}

fn with_registrations<'a, T: Columns + AsMut<FoundInstance>>(
    context: Context<'a>,
    builder: fn(Context<'a>) -> QueryBuilder<'a>,
    instance: &InstanceId,
    further_columns: &str,
) -> Result<Vec<T>, StoreError> {
    let keys = find_instance(context, instance)?;
    let mut found: Vec<T> = read(builder(context), &keys, further_columns)?;
    if !keys.is_attested {
        return Ok(found);
    }
    for own in found.iter_mut().map(|one| one.as_mut().key.clone()).collect::<Vec<_>>() {
        let others = other_registrations(context, &own)?;
        if others.keys.is_empty() {
            continue;
        }
        let mut others: Vec<T> = read(builder(context), &others, further_columns)?;
        others.iter_mut().for_each(|other| other.as_mut().history_key = own.instance_key);
        // Two Regions may know the same id.
        others.retain_mut(|other| !keys.keys.contains(&other.as_mut().key.instance_key));
        found.append(&mut others);
    }
    Ok(found)
}

fn read<T: Columns>(
    mut query: QueryBuilder<'_>,
    instances: &InstanceKeys,
    further_columns: &str,
) -> Result<Vec<T>, StoreError> {
    query.filter_instance(instances);
    query.read("an instance", &include_str!("found.sql").replace("{further_columns}", further_columns))
}
