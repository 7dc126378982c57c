//! Table `unsupported_system`: what the latest result of each instance says of its operating system.

use super::append::{OF_TARGETS, of_instances, targets};
use crate::{
    temporal,
    value::{day, read_time_option, time},
};
use duckdb::{Connection, params};
use jiff::{Timestamp, civil::Date};
use muster_core::snapshot::Snapshot;

const TABLE: &str = "unsupported_system";

/// Follows the results and outputs of the snapshots, which must be written and flushed before.
pub fn write(connection: &Connection, snapshots: &[Snapshot], today: Date) -> duckdb::Result<()> {
    if snapshots.iter().all(|one| one.invocations.is_empty() && one.outputs.is_empty()) {
        return Ok(());
    }
    let changed: Vec<(i64, Option<Timestamp>)> = {
        let sql = include_str!("unsupported.sql").replace("{of_targets}", OF_TARGETS);
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map([targets(snapshots)], |row| Ok((row.get(0)?, read_time_option(row, 1)?)))?;
        rows.collect::<duckdb::Result<_>>()?
    };
    if changed.is_empty() {
        return Ok(());
    }
    let condition = of_instances(changed.iter().map(|(key, _)| *key));
    temporal::remove(connection, TABLE, &condition, [], today)?;
    let mut insert = connection.prepare_cached(&format!("INSERT INTO {TABLE} VALUES (?, ?, ?)"))?;
    for (key, unsupported_at) in changed.into_iter().filter_map(|(key, at)| Some((key, at?))) {
        insert.execute(params![key, time(unsupported_at), day(today)])?;
    }
    Ok(())
}
