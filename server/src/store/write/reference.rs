//! Tables `patch_baseline` and `maintenance_window`: small, replaced whole whenever they were read.

use super::{
    super::value::time_option,
    append::{append, text},
};
use crate::collect::snapshot::Snapshot;
use duckdb::{Connection, params, types::Value};

pub fn write(connection: &Connection, snapshot: &Snapshot) -> duckdb::Result<()> {
    let (account, region) = (snapshot.account_id.as_str(), snapshot.region.as_str());
    if let Some(baselines) = &snapshot.patch_baselines {
        clear(connection, "patch_baseline", account, region)?;
        let rows = baselines.iter().map(|row| {
            [
                text(account),
                text(region),
                text(&row.baseline_id),
                text(&row.name),
                text(&row.operating_system),
                text(&row.description),
                Value::Boolean(row.is_default),
            ]
        });
        append(connection, "patch_baseline", rows)?;
    }
    if let Some(windows) = &snapshot.maintenance_windows {
        clear(connection, "maintenance_window", account, region)?;
        let rows = windows.iter().map(|row| {
            [
                text(account),
                text(region),
                text(&row.window_id),
                text(&row.name),
                Value::Boolean(row.enabled),
                text(&row.schedule),
                text(&row.schedule_timezone),
                Value::Int(row.duration_hours),
                time_option(row.next_execution_at),
            ]
        });
        append(connection, "maintenance_window", rows)?;
    }
    Ok(())
}

fn clear(connection: &Connection, table: &'static str, account: &str, region: &str) -> duckdb::Result<()> {
    let sql = format!("DELETE FROM {table} WHERE account_id = $1 AND region = $2");
    connection.execute(&sql, params![account, region]).map(drop)
}
