//! An account's maintenance windows.

use super::bind::{Context, QueryBuilder};
use crate::store::error::StoreError;
use app::model::{ids::AccountId, plan::MaintenanceWindowRow};
use duckdb::Connection;

pub fn maintenance_windows(
    connection: &Connection,
    context: Context<'_>,
    account: &AccountId,
) -> Result<Vec<MaintenanceWindowRow>, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    query.filter_by("w.account_id = {}", account.to_string());
    query.read(connection, "maintenance windows", include_str!("maintenance_windows.sql"))
}
