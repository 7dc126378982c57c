//! An account's maintenance windows.

use crate::builder::{Context, QueryBuilder};
use duckdb::Connection;
use muster_model::{ids::AccountId, plan::MaintenanceWindowRow};
use muster_store::error::StoreError;

pub fn maintenance_windows(
    connection: &Connection,
    context: Context<'_>,
    account: &AccountId,
) -> Result<Vec<MaintenanceWindowRow>, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    query.filter_by("w.account_id = {}", account.to_string());
    query.read(connection, "maintenance windows", include_str!("maintenance_windows.sql"))
}
