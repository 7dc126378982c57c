//! An account's newest runs.

use super::bind::{Context, QueryBuilder};
use crate::store::error::StoreError;
use app::model::{ids::AccountId, run::RunRow};
use duckdb::Connection;

pub fn recent_runs(
    connection: &Connection,
    context: Context<'_>,
    account: &AccountId,
) -> Result<Vec<RunRow>, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    query.filter_by("r.account_id = {}", account.to_string());
    query.read(connection, "runs", include_str!("recent_runs.sql"))
}
