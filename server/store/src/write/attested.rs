//! Table `attested_instance`: the identity that enrollment attested of an instance, from the tags of its activation.

use super::append::of_instances;
use crate::{
    listed_regions::OF_ACCOUNTS,
    temporal,
    value::{day, day_of},
};
use duckdb::{Connection, params};
use jiff::Timestamp;
use muster_core::snapshot::Snapshot;

const TABLE: &str = "attested_instance";

/// Follows the tags of accounts, separated by line breaks, if any tags were read. The tags must be written and flushed before.
pub fn write(connection: &Connection, snapshots: &[Snapshot], accounts: &str, now: Timestamp) -> duckdb::Result<()> {
    if snapshots.iter().all(|snapshot| snapshot.reference_data.tags.iter().all(Vec::is_empty)) {
        return Ok(());
    }
    let changed = changed(connection, accounts)?;
    if changed.is_empty() {
        return Ok(());
    }
    let today = day_of(now);
    temporal::remove(connection, TABLE, &of_instances(changed.iter().map(|(key, _)| *key)), [], today)?;
    let mut insert = connection.prepare_cached(&format!("INSERT INTO {TABLE} VALUES (?, ?, ?)"))?;
    for (key, attested_id) in changed {
        if let Some(attested_id) = attested_id {
            insert.execute(params![key, attested_id, day(today)])?;
        }
    }
    Ok(())
}

/// Returns the instances whose identity changed, each with the new one, if it has any.
fn changed(connection: &Connection, accounts: &str) -> duckdb::Result<Vec<(i64, Option<String>)>> {
    let sql = include_str!("attested.sql").replace("{of_accounts}", OF_ACCOUNTS);
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map([accounts], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}
