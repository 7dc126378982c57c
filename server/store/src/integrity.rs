//! Integrity checks of the store: complete harvests, a history without gaps, unique keys, readable blocks.

use super::error::StoreError;
use duckdb::Connection;
use muster_core::snapshot::OPTIONAL_OPERATIONS;
use muster_metrics::{definitions::expand, latest_agents, listed_instances, listed_regions, listed_software};

/// Each check is the name of a defect and a query that counts it. Before the retention horizon (`retention/history.rs`)
/// the history may have gaps, but later transitions continue from those that are left.
const INTEGRITY_CHECKS: &str = include_str!("integrity.sql");

/// Checks that compare rows of the same instance. They run on a slice of the instances at a time, because tens of
/// millions of transitions would need gigabytes of memory.
const INSTANCE_INTEGRITY_CHECKS: &str = include_str!("integrity_of_instances.sql");

/// Splits a file into its checks: a comment that names the defect, and the query that counts it.
fn checks(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    file.split(";\n").filter_map(|check| check.trim().strip_prefix("-- ")?.split_once('\n'))
}

/// The tables of these checks, which all have the column `instance_key`.
const INSTANCE_TABLES: [&str; 8] = [
    "instance",
    "instance_update",
    "past_instance",
    "past_instance_update",
    "past_patch_state",
    "patch_state",
    "scan",
    "transition",
];

const TRANSITIONS_PER_SLICE: i64 = 5_000_000;

/// Runs all checks. Returns their names with the number of violations.
pub fn violations(connection: &Connection) -> Result<Vec<(&'static str, u64)>, StoreError> {
    violations_in_slices(connection, TRANSITIONS_PER_SLICE)
}

/// Like [`violations`], with about this number of transitions in a slice.
pub fn violations_in_slices(
    connection: &Connection,
    transitions_per_slice: i64,
) -> Result<Vec<(&'static str, u64)>, StoreError> {
    let check = || -> duckdb::Result<Vec<(&'static str, u64)>> {
        let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        let slices = slices(connection, transitions_per_slice)?;
        let listed = count(&differing("listed_instance", &listed_instances()))?
            + count(&differing("listed_region", &listed_regions("true")))?
            + count(&differing("listed_software", &listed_software("FROM listed_instance", "true")))?
            + count(&differing("latest_agent", &latest_agents()))?;
        let listed = Ok(("rows of lists that differ from the tables they come from", listed));
        let optional = format!("('{}')", OPTIONAL_OPERATIONS.join("', '"));
        let all = checks(INTEGRITY_CHECKS)
            .map(|(what, sql)| Ok((what, count(&sql.replace("{optional_operations}", &optional))?)))
            .chain([listed]);
        let by_instance = checks(INSTANCE_INTEGRITY_CHECKS).map(|(what, sql)| {
            let rows = slices.iter().map(|slice| count(&expand(&format!("{slice}{sql}"))));
            Ok((what, rows.sum::<duckdb::Result<i64>>()?))
        });
        // A missing key is as wrong as a duplicate one.
        all.chain(by_instance).map(|check| check.map(|(what, rows)| (what, rows.unsigned_abs()))).collect()
    };
    check().map_err(StoreError::read("the integrity checks"))
}

/// Returns a `WITH` clause for each slice, in which the tables have the rows of the slice's instances only.
fn slices(connection: &Connection, transitions_per_slice: i64) -> duckdb::Result<Vec<String>> {
    let sql = "SELECT (SELECT count(*) FROM transition), coalesce(max(instance_key), 0) FROM instance";
    let (transitions, last): (i64, i64) = connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    // Keys are consecutive, so equal ranges of keys have about the same number of transitions.
    let width = last / (transitions / transitions_per_slice + 1) + 1;
    let slice = |from: i64| {
        // The last slice includes rows beyond the known instances.
        let to = if from + width > last { "true".to_owned() } else { format!("instance_key < {}", from + width) };
        let since = if from == 0 { "true".to_owned() } else { format!("instance_key >= {from}") };
        let rows = |table| format!("{table} AS NOT MATERIALIZED (SELECT * FROM main.{table} WHERE {since} AND {to})");
        format!("WITH {} ", INSTANCE_TABLES.map(rows).join(", "))
    };
    Ok((0..=last / width).map(|number| slice(number * width)).collect())
}

/// Counts the rows of a table that differ from those that are computed.
fn differing(table: &str, computed: &str) -> String {
    format!(
        "WITH follows AS MATERIALIZED (
             -- In the order of the table's columns, by which EXCEPT compares.
             FROM {table} WHERE false UNION ALL BY NAME ({computed}))
         SELECT count(*) FROM (
             (FROM follows EXCEPT ALL FROM {table})
             UNION ALL (FROM {table} EXCEPT ALL FROM follows))"
    )
}

/// Returns all tables with the number of their rows, by name.
pub fn row_counts(connection: &Connection) -> Result<Vec<(String, i64)>, StoreError> {
    for_each_table(connection, |table| format!("SELECT count(*) FROM \"{table}\""))
}

/// Reads every value of every table. DuckDB verifies the checksum of each block that it reads.
pub fn read_everything(connection: &Connection) -> Result<(), StoreError> {
    for_each_table(connection, |table| {
        format!("SELECT count(*) FILTER (hash(t) IS NULL) FROM (SELECT row(COLUMNS(*)) AS t FROM \"{table}\")")
    })
    .map(drop)
}

fn for_each_table(
    connection: &Connection,
    statement: impl Fn(&str) -> String,
) -> Result<Vec<(String, i64)>, StoreError> {
    let read = || -> duckdb::Result<Vec<(String, i64)>> {
        let tables: Vec<String> = connection
            .prepare("SELECT table_name FROM duckdb_tables() WHERE NOT internal AND NOT temporary ORDER BY table_name")?
            .query_map([], |row| row.get(0))?
            .collect::<duckdb::Result<_>>()?;
        let number = |table: String| {
            let number = connection.query_row(&statement(&table), [], |row| row.get(0))?;
            Ok((table, number))
        };
        tables.into_iter().map(number).collect()
    };
    read().map_err(StoreError::read("every table"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_is_a_check() {
        for file in [INTEGRITY_CHECKS, INSTANCE_INTEGRITY_CHECKS] {
            assert_eq!(checks(file).count(), file.matches(';').count());
            assert!(checks(file).all(|(_, sql)| sql.starts_with("SELECT")));
        }
    }
}
