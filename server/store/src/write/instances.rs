//! Tables `instance` and `instance_ping`: replaced by what was read; what was not found is gone, and comes back when it is found again.

use super::{
    super::{
        keys::Keys,
        past,
        value::{self, read_time},
    },
    InstanceKeys,
    append::{Cell, Tables, of_instances, text, time, time_option},
};
use duckdb::{Connection, params};
use jiff::Timestamp;
use muster_core::snapshot::{InstanceRecord, Snapshot};
use muster_model::ids::InstanceId;
use std::collections::{HashMap, HashSet};

struct Stored {
    key: i64,
    first_seen_at: Timestamp,
    current: bool,
}

/// Writes the instances and returns the keys of all that are known in this account and Region.
pub fn write<'a>(tables: &mut Tables<'_, 'a>, keys: &mut Keys, snapshot: &'a Snapshot) -> duckdb::Result<InstanceKeys> {
    let stored = if tables.is_first_harvest { HashMap::new() } else { stored(tables.connection, snapshot)? };
    let mut instance_keys: InstanceKeys = stored.iter().map(|(id, stored)| (id.clone(), stored.key)).collect();
    let Some(records) = &snapshot.instances else { return Ok(instance_keys) };
    let found: HashSet<&InstanceId> = records.iter().map(|record| &record.instance_id).collect();
    let (again, lost): (Vec<_>, Vec<_>) = stored.iter().partition(|(id, _)| found.contains(id));
    let lost = lost.into_iter().filter(|(_, one)| one.current).map(|(_, one)| one.key);
    mark_gone(tables, lost.collect(), snapshot.started_at)?;
    let mut seen = HashSet::new();
    let mut rows = Vec::with_capacity(records.len());
    let mut pings = Vec::with_capacity(records.len());
    for record in records.iter().filter(|record| seen.insert(&record.instance_id)) {
        let known = stored.get(&record.instance_id);
        let key = known.map_or_else(|| keys.next_instance(), |known| known.key);
        let first_seen_at = known.map_or(snapshot.started_at, |known| known.first_seen_at);
        instance_keys.insert(record.instance_id.clone(), key);
        rows.push(row(snapshot, record, key, first_seen_at));
        pings.push((key, record.last_ping_at));
    }
    tables.replace("instance", again.into_iter().map(|(_, one)| one.key), rows);
    pings.sort_unstable();
    let these: Vec<i64> = pings.iter().map(|(key, _)| *key).collect();
    let pings = pings.into_iter().map(|(key, last_ping_at)| [Cell::BigInt(key), time_option(last_ping_at)]);
    tables.replace("instance_ping", these, pings);
    Ok(instance_keys)
}

fn mark_gone(tables: &Tables<'_, '_>, keys: Vec<i64>, now: Timestamp) -> duckdb::Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let these = of_instances(keys);
    past::keep(tables.connection, "instance", &these, [], tables.today)?;
    let sql = format!("UPDATE instance SET gone_at = $1, from_day = $2 WHERE {these}");
    tables.connection.execute(&sql, params![value::time(now), value::day(tables.today)]).map(drop)
}

fn stored(connection: &Connection, snapshot: &Snapshot) -> duckdb::Result<HashMap<InstanceId, Stored>> {
    let mut statement = connection.prepare_cached(
        "SELECT instance_id, instance_key, first_seen_at, gone_at IS NULL FROM instance
         WHERE account_id = $1 AND region = $2",
    )?;
    let rows = statement.query_map(params![snapshot.account_id.as_str(), snapshot.region], |row| {
        let stored = Stored { key: row.get(1)?, first_seen_at: read_time(row, 2)?, current: row.get(3)? };
        Ok((row.get::<_, String>(0)?, stored))
    })?;
    let mut stored = HashMap::new();
    for row in rows {
        let (id, row) = row?;
        if let Ok(id) = id.parse() {
            stored.insert(id, row);
        }
    }
    Ok(stored)
}

fn row<'a>(snapshot: &'a Snapshot, record: &'a InstanceRecord, key: i64, first_seen_at: Timestamp) -> [Cell<'a>; 20] {
    [
        Cell::BigInt(key),
        text(snapshot.account_id.as_str()),
        text(&snapshot.region),
        text(record.instance_id.as_str()),
        text(&record.name),
        text(&record.computer_name),
        text(&record.ip_address),
        text(&record.platform_type),
        text(&record.platform_name),
        text(&record.platform_version),
        text(&record.agent_version),
        Cell::BigInt(version_rank(&record.agent_version)),
        record.agent_is_latest.map_or(Cell::Null, Cell::Boolean),
        text(&record.ping_status),
        text(&record.resource_type),
        text(&record.source_type),
        time_option(record.registered_at),
        text(&record.association_status),
        time(first_seen_at),
        Cell::Null,
    ]
}

/// An agent's version as a number that sorts like it: `3.3.4121.0`. Parts that are no number count as 0.
fn version_rank(version: &str) -> i64 {
    const PART_MAX: i64 = 99_999;
    let mut parts = version.split('.').map(|part| part.parse::<i64>().unwrap_or(0).clamp(0, PART_MAX));
    let mut next = || parts.next().unwrap_or(0);
    let (major, minor, patch) = (next().min(999), next(), next());
    (major * (PART_MAX + 1) + minor) * (PART_MAX + 1) + patch
}

#[cfg(test)]
mod tests {
    use super::version_rank;

    #[test]
    fn versions_sort_by_number() {
        assert!(version_rank("3.3.4121.0") > version_rank("3.3.987.0"));
        assert!(version_rank("3.3.40.0") > version_rank("3.2.2303.0"));
        assert!(version_rank("2.3.1319.0") > version_rank(""));
        assert_eq!(version_rank("<script>"), 0);
        assert_eq!(version_rank("999999999999999999999.1"), 100_000);
    }
}
