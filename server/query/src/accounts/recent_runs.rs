//! An account's newest runs.

use crate::builder::{Context, QueryBuilder, read_id};
use duckdb::Connection;
use muster_model::{ids::AccountId, run::RunRow};
use muster_store::{error::StoreError, value::read_time};

pub fn recent_runs(
    connection: &Connection,
    context: Context<'_>,
    account: &AccountId,
) -> Result<Vec<RunRow>, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    query.filter_by("r.account_id = {}", account.to_string());
    query.rows(connection, "runs", include_str!("recent_runs.sql"), |row| {
        Ok(RunRow {
            command_id: row.get(0)?,
            document_name: row.get(1)?,
            operation: row.get(2)?,
            requested_at: read_time(row, 3)?,
            status: row.get(4)?,
            status_details: row.get(5)?,
            targets: row.get::<_, i64>(6)?.try_into().unwrap_or_default(),
            completed: row.get::<_, i64>(7)?.try_into().unwrap_or_default(),
            errors: row.get::<_, i64>(8)?.try_into().unwrap_or_default(),
            account_id: read_id(row, 9)?,
            region: row.get(10)?,
        })
    })
}
