//! Tables `instance` and `instance_ping`: replaced by what was read. An instance that was not found is marked as gone,
//! and is current again when it is found again.

use super::{
    super::{
        keys::Keys,
        temporal,
        value::{self, read_time},
    },
    InstanceKeys,
    append::{Tables, of_instances},
    row::row,
};
use duckdb::{Connection, params};
use jiff::Timestamp;
use muster_core::{record::Record, snapshot::Snapshot};
use muster_model::ids::InstanceId;
use std::collections::{HashMap, HashSet};

struct Stored {
    key: i64,
    first_seen_at: Timestamp,
    is_current: bool,
}

/// Writes the instances. Returns the keys of all known instances of this account and Region.
pub fn write<'a>(tables: &mut Tables<'_, 'a>, keys: &mut Keys, snapshot: &'a Snapshot) -> duckdb::Result<InstanceKeys> {
    let stored = if tables.is_first_harvest { HashMap::new() } else { stored(tables.connection, snapshot)? };
    let mut instance_keys: InstanceKeys = stored.iter().map(|(id, stored)| (id.clone(), stored.key)).collect();
    let Some(records) = &snapshot.instances else { return Ok(instance_keys) };
    let found: HashSet<&InstanceId> = records.iter().map(|record| &record.instance_id).collect();
    let (again, missing): (Vec<_>, Vec<_>) = stored.iter().partition(|(id, _)| found.contains(id));
    let missing = missing.into_iter().filter(|(_, one)| one.is_current).map(|(_, one)| one.key);
    mark_gone(tables, missing.collect(), snapshot.started_at)?;
    let mut seen = HashSet::new();
    let mut rows = Vec::with_capacity(records.len());
    let mut pings = Vec::with_capacity(records.len());
    for record in records.iter().filter(|record| seen.insert(&record.instance_id)) {
        let known = stored.get(&record.instance_id);
        let key = known.map_or_else(|| keys.next_instance(), |known| known.key);
        let first_seen_at = known.map_or(snapshot.started_at, |known| known.first_seen_at);
        instance_keys.insert(record.instance_id.clone(), key);
        let identity = row! { instance_key: key, account_id: &snapshot.account_id, region: &snapshot.region };
        // The last ping has a table of its own, because it changes with each harvest.
        let reported = record.fields().filter(|(column, _)| *column != "last_ping_at");
        let derived = row! {
            agent_rank: version_rank(&record.agent_version),
            first_seen_at: first_seen_at,
            gone_at: None::<Timestamp>,
        };
        rows.push(identity.into_iter().chain(reported).chain(derived));
        pings.push((key, record.last_ping_at));
    }
    tables.replace("instance", again.into_iter().map(|(_, one)| one.key), rows);
    pings.sort_unstable();
    let keys: Vec<i64> = pings.iter().map(|(key, _)| *key).collect();
    let pings = pings.into_iter().map(|(key, last_ping_at)| row! { instance_key: key, last_ping_at: last_ping_at });
    tables.replace("instance_ping", keys, pings);
    Ok(instance_keys)
}

fn mark_gone(tables: &Tables<'_, '_>, keys: Vec<i64>, now: Timestamp) -> duckdb::Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let condition = of_instances(keys);
    temporal::archive(tables.connection, "instance", &condition, [], tables.today)?;
    let sql = format!("UPDATE instance SET gone_at = $1, from_day = $2 WHERE {condition}");
    tables.connection.execute(&sql, params![value::time(now), value::day(tables.today)]).map(drop)
}

fn stored(connection: &Connection, snapshot: &Snapshot) -> duckdb::Result<HashMap<InstanceId, Stored>> {
    let mut statement = connection.prepare_cached(
        "SELECT instance_id, instance_key, first_seen_at, gone_at IS NULL FROM instance
         WHERE account_id = $1 AND region = $2",
    )?;
    let rows = statement.query_map(params![snapshot.account_id.as_str(), snapshot.region], |row| {
        let stored = Stored { key: row.get(1)?, first_seen_at: read_time(row, 2)?, is_current: row.get(3)? };
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

/// Converts an agent's version, such as `3.3.4121.0`, to a number with the same order. Parts that are not numbers count
/// as 0.
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
    fn ranks_versions_by_number() {
        assert!(version_rank("3.3.4121.0") > version_rank("3.3.987.0"));
        assert!(version_rank("3.3.40.0") > version_rank("3.2.2303.0"));
        assert!(version_rank("2.3.1319.0") > version_rank(""));
        assert_eq!(version_rank("<script>"), 0);
        assert_eq!(version_rank("999999999999999999999.1"), 100_000);
    }
}
