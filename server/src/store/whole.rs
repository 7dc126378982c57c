//! Whether a store is whole: no harvest in it by halves, no history with a gap, and every block readable.

use super::error::StoreError;
use duckdb::Connection;

/// Questions that each count the rows of something that must not be.
pub const TORN: [(&str, &str); 7] = [
    (
        "harvests with another number of transitions than they recorded",
        "SELECT count(*) FROM harvest h WHERE h.transitions <> (
             SELECT count(*) FROM transition t JOIN scan s USING (scan_key) WHERE s.harvest_id = h.harvest_id)",
    ),
    (
        "transitions that do not continue from the state before",
        "SELECT count(*) FROM (
             SELECT from_state, lag(to_state) OVER (PARTITION BY instance_key, patch_key ORDER BY scan_key) AS before
             FROM transition) WHERE from_state IS DISTINCT FROM before",
    ),
    (
        "updates in another state than their last transition's",
        "SELECT count(*) FROM (
             SELECT instance_key, patch_key, last(to_state ORDER BY scan_key) AS state FROM transition GROUP BY ALL
         ) t FULL JOIN instance_update u USING (instance_key, patch_key) WHERE t.state IS DISTINCT FROM u.state",
    ),
    (
        "transitions without a scan, or of an unknown instance or patch",
        "SELECT count(*) FROM transition t LEFT JOIN scan s USING (scan_key)
             LEFT JOIN instance i ON i.instance_key = t.instance_key LEFT JOIN patch p ON p.patch_key = t.patch_key
         WHERE s.scan_key IS NULL OR i.instance_key IS NULL OR p.patch_key IS NULL",
    ),
    ("keys given to two harvests", "SELECT count(*) - count(DISTINCT harvest_id) FROM harvest"),
    ("keys given to two instances", "SELECT count(*) - count(DISTINCT instance_key) FROM instance"),
    ("keys given to two patches", "SELECT count(*) - count(DISTINCT patch_key) FROM patch"),
];

/// Every table with the number of its rows, by name.
pub fn row_counts(connection: &Connection) -> Result<Vec<(String, i64)>, StoreError> {
    of_each_table(connection, |table| format!("SELECT count(*) FROM \"{table}\""))
}

/// Reads every value of every table: DuckDB checks a block's checksum when it reads the block.
pub fn read_everything(connection: &Connection) -> Result<(), StoreError> {
    of_each_table(connection, |table| {
        format!("SELECT count(*) FILTER (hash(t) IS NULL) FROM (SELECT row(COLUMNS(*)) AS t FROM \"{table}\")")
    })
    .map(drop)
}

fn of_each_table(
    connection: &Connection,
    statement: impl Fn(&str) -> String,
) -> Result<Vec<(String, i64)>, StoreError> {
    let read = || -> duckdb::Result<Vec<(String, i64)>> {
        let tables: Vec<String> = connection
            .prepare("SELECT table_name FROM duckdb_tables() WHERE NOT internal ORDER BY table_name")?
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

/// What is torn, if anything is: how many of what.
pub fn torn(connection: &Connection) -> Result<Option<String>, StoreError> {
    for (what, sql) in TORN {
        let count: i64 =
            connection.query_row(sql, [], |row| row.get(0)).map_err(StoreError::read("whether all is whole"))?;
        if count != 0 {
            return Ok(Some(format!("{count} {what}")));
        }
    }
    Ok(None)
}
