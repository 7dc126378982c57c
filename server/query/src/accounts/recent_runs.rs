//! An account's newest runs.

use crate::builder::{Context, QueryBuilder};
use duckdb::Connection;
use muster_model::{ids::AccountId, run::RunRow};
use muster_store::error::StoreError;

pub fn recent_runs(
    connection: &Connection,
    context: Context<'_>,
    account: &AccountId,
) -> Result<Vec<RunRow>, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    query.filter_by("r.account_id = {}", account.to_string());
    query.read(connection, "runs", include_str!("recent_runs.sql"))
}
