//! Table `instance_twin`: which instances are a machine that is registered twice, so that it counts once.

use super::append::of_instances;
use crate::{
    listed_regions::OF_ACCOUNTS,
    temporal,
    value::{day, day_of, read_time_option, time},
};
use duckdb::{Connection, params};
use jiff::Timestamp;

const TABLE: &str = "instance_twin";
/// Also if some are stored, so that they are removed when nothing tells any more.
const MAY_HAVE_TWINS: &str = "
    SELECT EXISTS (FROM instance WHERE source_id NOT IN ('', instance_id) AND {of_accounts})
        OR EXISTS (
            FROM instance
            WHERE {of_accounts} AND instance_key IN (
                SELECT instance_key FROM attested_instance UNION ALL SELECT instance_key FROM instance_twin
            )
        )";
const UPDATE_LISTED: &str = "
    UPDATE listed_instance l SET
        duplicate_of = coalesce((SELECT t.counted_id FROM instance_twin t WHERE t.instance_key = l.instance_key), ''),
        duplicate_since = (SELECT t.since FROM instance_twin t WHERE t.instance_key = l.instance_key)";

/// An instance, the one that counts in its place from now on, if any, and since when another did.
type Changed = (i64, Option<String>, Option<Timestamp>);

/// Follows the instances of accounts, separated by line breaks, which must be written and flushed before, with their attested
/// identities. Returns whether any
/// changed.
pub fn write(connection: &Connection, accounts: &str, now: Timestamp) -> duckdb::Result<bool> {
    // Of two registrations at least one names something else than itself, or has an attested identity. Most accounts have
    // neither, and are done here.
    let mut may_have_twins = connection.prepare_cached(&MAY_HAVE_TWINS.replace("{of_accounts}", OF_ACCOUNTS))?;
    if !may_have_twins.query_row([accounts], |row| row.get(0))? {
        return Ok(false);
    }
    let changed = changed(connection, accounts)?;
    if changed.is_empty() {
        return Ok(false);
    }
    let today = day_of(now);
    let condition = of_instances(changed.iter().map(|(key, ..)| *key));
    temporal::remove(connection, TABLE, &condition, [], today)?;
    let mut insert = connection.prepare_cached(&format!("INSERT INTO {TABLE} VALUES (?, ?, ?, ?)"))?;
    for (key, counted_id, since) in changed {
        if let Some(counted_id) = counted_id {
            insert.execute(params![key, counted_id, time(since.unwrap_or(now)), day(today)])?;
        }
    }
    // Also of Regions that are not being written.
    connection.execute(&format!("{UPDATE_LISTED} WHERE {condition}"), []).map(|_| true)
}

fn changed(connection: &Connection, accounts: &str) -> duckdb::Result<Vec<Changed>> {
    let sql = include_str!("twins.sql").replace("{of_accounts}", OF_ACCOUNTS);
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([accounts], |row| Ok((row.get(0)?, row.get(1)?, read_time_option(row, 2)?)))?;
    rows.collect()
}
