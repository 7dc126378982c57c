//! An account's maintenance windows.

use crate::builder::{Context, QueryBuilder, count, lines};
use duckdb::Connection;
use muster_model::{ids::AccountId, plan::MaintenanceWindowRow};
use muster_store::{error::StoreError, value::read_time_option};

pub fn maintenance_windows(
    connection: &Connection,
    context: Context<'_>,
    account: &AccountId,
) -> Result<Vec<MaintenanceWindowRow>, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    query.filter_by("w.account_id = {}", account.to_string());
    query.rows(connection, "maintenance windows", include_str!("maintenance_windows.sql"), |row| {
        Ok(MaintenanceWindowRow {
            window_id: row.get(0)?,
            name: row.get(1)?,
            region: row.get(2)?,
            enabled: row.get(3)?,
            schedule: row.get(4)?,
            schedule_timezone: row.get(5)?,
            duration_hours: count(row.get(6)?),
            targets: row.get(7)?,
            tasks: lines(&row.get::<_, String>(8)?),
            next_execution_at: read_time_option(row, 9)?,
            last_execution_at: read_time_option(row, 10)?,
            last_status: row.get(11)?,
        })
    })
}
