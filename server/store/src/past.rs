//! Keeps rows that change: each counts from the end of one day to that of another, and the time machine shows them.

use duckdb::{Connection, Params};
use jiff::civil::Date;

/// The tables whose past is kept, each in one of the same name with `past_` before it.
pub const KEPT: [&str; 25] = [
    "account",
    "account_region",
    "association",
    "hardware",
    "hotfix",
    "instance",
    "instance_ping",
    "instance_update",
    "invocation",
    "invocation_output",
    "maintenance_window",
    "node",
    "patch_baseline",
    "patch_baseline_detail",
    "patch_group",
    "patch_operation",
    "patch_rule",
    "patch_state",
    "run",
    "service_level",
    "software",
    "tag",
    "window_execution",
    "window_target",
    "window_task",
];

/// Columns that only the harvest needs, and only as they are now.
fn left_out(table: &str) -> &'static str {
    if table == "patch_operation" { " EXCLUDE (operation_start_at, snapshot_id, updates_hash)" } else { "" }
}

/// Keeps the rows that are about to be changed or deleted, unless they are of `today` themselves.
pub fn keep(
    connection: &Connection,
    table: &str,
    these: &str,
    parameters: impl Params,
    today: Date,
) -> duckdb::Result<()> {
    let sql = format!(
        "INSERT INTO past_{table} BY NAME SELECT *{}, DATE '{today}' AS until_day FROM {table}
         WHERE from_day < DATE '{today}' AND ({these})",
        left_out(table)
    );
    if is_the_same_each_time(these) {
        return connection.prepare_cached(&sql)?.execute(parameters).map(drop);
    }
    connection.execute(&sql, parameters).map(drop)
}

/// Whether a condition binds its values, so that a statement with it need be planned once only; one that names rows by
/// number would only drive such statements out. (With values bound DuckDB plans anew where it matters. One without is planned
/// from what the tables held then, and keeps to it: what was beyond the bounds of a column would stay so.)
pub fn is_the_same_each_time(condition: &str) -> bool {
    condition.contains('$')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate;
    use std::path::Path;

    #[test]
    fn every_table_with_a_day_has_its_past() {
        let mut connection = Connection::open_in_memory().expect("a database");
        migrate::migrate(&mut connection, Path::new("test")).expect("migrated");
        let sql = "SELECT table_name FROM duckdb_columns() WHERE column_name = 'from_day'
                     AND NOT starts_with(table_name, 'past_') ORDER BY table_name";
        let mut statement = connection.prepare(sql).expect("prepared");
        let names: Vec<String> =
            statement.query_map([], |row| row.get(0)).expect("rows").collect::<duckdb::Result<_>>().expect("names");
        assert_eq!(names, KEPT);
        for table in KEPT {
            keep(&connection, table, "true", [], jiff::civil::date(2026, 1, 1)).expect(table);
        }
    }
}
