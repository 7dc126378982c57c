//! Temporal tables: rows are valid from the end of one day to the end of another, so that every page can be shown as of
//! a past day.

use duckdb::{Connection, Params};
use jiff::civil::Date;

/// The temporal tables. Each has a table `past_…` with the rows that were replaced or deleted.
pub const TEMPORAL_TABLES: [&str; 33] = [
    "account",
    "account_region",
    "association",
    "attested_instance",
    "hardware",
    "hotfix",
    "instance",
    "instance_ping",
    "instance_twin",
    "instance_update",
    "invocation",
    "invocation_output",
    "maintenance_window",
    "node",
    "node_count",
    "node_listing",
    "patch_baseline",
    "patch_baseline_detail",
    "patch_group",
    "patch_operation",
    "patch_policy",
    "patch_rule",
    "patch_state",
    "run",
    "service_level",
    "service_setting",
    "software",
    "tag",
    "unmanaged_instance",
    "unsupported_system",
    "window_execution",
    "window_target",
    "window_task",
];

/// Excludes the columns that only the next harvest needs.
fn excluded_columns(table: &str) -> &'static str {
    if table == "patch_operation" { " EXCLUDE (operation_start_at, snapshot_id, updates_hash)" } else { "" }
}

/// Archives rows before they are changed or deleted, except rows that are valid only from `today`.
pub fn archive(
    connection: &Connection,
    table: &str,
    condition: &str,
    parameters: impl Params,
    today: Date,
) -> duckdb::Result<()> {
    let sql = format!(
        "INSERT INTO past_{table} BY NAME SELECT *{}, DATE '{today}' AS until_day FROM {table}
         WHERE from_day < DATE '{today}' AND ({condition})",
        excluded_columns(table)
    );
    if is_cacheable(condition) {
        return connection.prepare_cached(&sql)?.execute(parameters).map(drop);
    }
    connection.execute(&sql, parameters).map(drop)
}

/// Deletes the rows that match the condition, and keeps a copy of those that were valid on an earlier day.
pub fn remove(
    connection: &Connection,
    table: &str,
    condition: &str,
    parameters: impl Params + Copy,
    today: Date,
) -> duckdb::Result<()> {
    archive(connection, table, condition, parameters, today)?;
    connection.execute(&format!("DELETE FROM {table} WHERE {condition}"), parameters).map(drop)
}

/// Whether statements with this condition can be cached: only if it binds its values. A condition that names rows by
/// number would evict statements that are used again. DuckDB also plans a statement with bound values anew where
/// necessary, but keeps the plan of any other, including the bounds that columns had then.
pub fn is_cacheable(condition: &str) -> bool {
    condition.contains('$')
}

#[cfg(test)]
mod tests {
    use super::super::migrate::tests::migrated;
    use super::*;

    #[test]
    fn every_table_with_from_day_can_be_archived() {
        let connection = migrated();
        let sql = "SELECT table_name FROM duckdb_columns() WHERE column_name = 'from_day'
                     AND NOT starts_with(table_name, 'past_') ORDER BY table_name";
        let mut statement = connection.prepare(sql).expect("prepared");
        let names: Vec<String> =
            statement.query_map([], |row| row.get(0)).expect("rows").collect::<duckdb::Result<_>>().expect("names");
        assert_eq!(names, TEMPORAL_TABLES);
        for table in TEMPORAL_TABLES {
            archive(&connection, table, "true", [], jiff::civil::date(2026, 1, 1)).expect(table);
        }
    }
}
