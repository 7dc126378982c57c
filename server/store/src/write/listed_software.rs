//! Table `listed_software`: counted from the inventories that were just written.

use crate::listed_regions::OF_ACCOUNTS;
use duckdb::{Connection, params};
use muster_metrics::listed_software;

/// Replaces the rows of accounts, separated by line breaks. Inventories and `listed_instance` must be written before.
pub fn write(connection: &Connection, accounts: &str) -> duckdb::Result<()> {
    let delete = format!("DELETE FROM listed_software WHERE {OF_ACCOUNTS}");
    connection.prepare_cached(&delete)?.execute([accounts])?;
    // The range lets the scans of inventories skip other accounts.
    let range = format!("SELECT min(instance_key), max(instance_key) FROM listed_instance WHERE {OF_ACCOUNTS}");
    let (first, last): (Option<i64>, Option<i64>) =
        connection.prepare_cached(&range)?.query_row([accounts], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let listed = format!("SELECT * FROM listed_instance WHERE {OF_ACCOUNTS}");
    let rows = listed_software(&listed, "instance_key BETWEEN $2 AND $3");
    let insert = format!("INSERT INTO listed_software BY NAME {rows}");
    connection.prepare_cached(&insert)?.execute(params![accounts, first, last]).map(drop)
}
