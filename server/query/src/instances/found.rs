//! The instances of an id that the scope contains, for the statements that read their rows by key.

use crate::{
    builder::{Context, QueryBuilder, by_key::InScope},
    instance_key_filter::find_instance,
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
}

impl InScope for FoundKey {}
impl InScope for FoundInstance {}

/// Finds the instances in scope with this id: several accounts may know it.
pub fn find(context: Context<'_>, instance: &InstanceId) -> Result<Vec<FoundInstance>, StoreError> {
    read(context, QueryBuilder::for_instances(context), instance, "")
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

/// Finds the instances in scope with this id, their status and their latest run, which takes longer.
pub fn find_runs(context: Context<'_>, instance: &InstanceId) -> Result<Vec<FoundRuns>, StoreError> {
    let columns = ", f.run_requested_at, f.last_scan_at, f.missing, f.failed, f.pending_reboot";
    read(context, QueryBuilder::for_instance_runs(context), instance, columns)
}

fn read<T: Columns>(
    context: Context<'_>,
    mut query: QueryBuilder<'_>,
    instance: &InstanceId,
    further_columns: &str,
) -> Result<Vec<T>, StoreError> {
    query.filter_instance(&find_instance(context, instance)?);
    query.read("an instance", &include_str!("found.sql").replace("{further_columns}", further_columns))
}
