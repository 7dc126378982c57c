//! Table `listed_region`: updated from the tables that were just written.

use duckdb::Connection;
use muster_metrics::listed_regions;

const MERGE: &str = "
    MERGE INTO listed_region l USING ({listed}) n ON l.account_id = n.account_id AND l.region = n.region
    WHEN MATCHED THEN UPDATE BY NAME
    WHEN NOT MATCHED THEN INSERT BY NAME";

/// Matches the accounts listed in `$1`.
pub const OF_ACCOUNTS: &str = "account_id IN (SELECT unnest(string_split($1, chr(10))))";

/// Updates the rows of accounts, separated by line breaks, whose roster entries have not changed.
pub fn update(connection: &Connection, accounts: &str) -> duckdb::Result<()> {
    let sql = MERGE.replace("{listed}", &listed_regions(OF_ACCOUNTS));
    connection.prepare_cached(&sql)?.execute([accounts]).map(drop)
}

/// Replaces all rows, after a change of the roster.
pub fn replace(connection: &Connection) -> duckdb::Result<()> {
    let listed = listed_regions("true");
    connection.execute_batch(&format!("DELETE FROM listed_region; INSERT INTO listed_region BY NAME {listed}"))
}
