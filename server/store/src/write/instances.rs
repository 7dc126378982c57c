//! Tables `instance` and `instance_ping`: replaced by what was read. Inventory says what became of an instance that was
//! not found; only one that is terminated or deregistered is gone. A slice that is not the last only adds new instances.

use super::{
    super::{
        keys::Keys,
        temporal,
        value::{self, read_time, read_time_option, whole_second},
    },
    InstanceKeys,
    append::{Tables, of_instances},
    instance_state::{self, Inventory, is_gone, of_listed, of_unlisted},
    row::row,
};
use duckdb::{Connection, params};
use jiff::Timestamp;
use muster_core::{record::Record, snapshot::Snapshot};
use muster_model::ids::InstanceId;
use std::collections::{BTreeMap, HashMap, HashSet};

struct Stored {
    key: i64,
    first_seen_at: Timestamp,
    gone_at: Option<Timestamp>,
    state: String,
    last_ping_at: Option<Timestamp>,
}

/// Writes the instances. Returns the keys of all known instances of this account and Region.
pub fn write<'a>(tables: &mut Tables<'_, 'a>, keys: &mut Keys, snapshot: &'a Snapshot) -> duckdb::Result<InstanceKeys> {
    let stored = if tables.is_first_harvest { HashMap::new() } else { stored(tables.connection, snapshot)? };
    let mut instance_keys: InstanceKeys = stored.iter().map(|(id, stored)| (id.clone(), stored.key)).collect();
    let Some(records) = &snapshot.instances else { return Ok(instance_keys) };
    let nodes = snapshot.reference_data.nodes.as_ref();
    let nodes: Option<HashMap<_, _>> =
        nodes.map(|nodes| nodes.iter().map(|node| (&node.instance_id, node.status.as_str())).collect());
    let inventory = |id: &InstanceId| match &nodes {
        None => Inventory::Unread,
        Some(nodes) => nodes.get(id).map_or(Inventory::Absent, |status| Inventory::Status(status)),
    };
    let found: HashSet<&InstanceId> = records.iter().map(|record| &record.instance_id).collect();
    let (again, unlisted): (Vec<_>, Vec<_>) = stored.iter().partition(|(id, _)| found.contains(id));
    let now = snapshot.started_at;
    if snapshot.is_last {
        for (state, keys) in changed_states(&unlisted, inventory, now) {
            change_state(tables, keys, state, now)?;
        }
    }
    let again = again.into_iter().filter(|_| snapshot.is_last);
    let mut seen = HashSet::new();
    let mut rows = Vec::with_capacity(records.len());
    let mut pings = Vec::with_capacity(records.len());
    let is_written = |id| snapshot.is_last || !stored.contains_key(id);
    for record in records.iter().filter(|record| is_written(&record.instance_id) && seen.insert(&record.instance_id)) {
        let known = stored.get(&record.instance_id);
        let key = known.map_or_else(|| keys.next_instance(), |known| known.key);
        let first_seen_at = known.map_or(now, |known| known.first_seen_at);
        instance_keys.insert(record.instance_id.clone(), key);
        let identity = row! { instance_key: key, account_id: &snapshot.account_id, region: &snapshot.region };
        // The last ping has a table of its own, because it changes with each harvest.
        let reported = record.fields().filter(|(column, _)| *column != "last_ping_at");
        let stored_state = known.map_or(instance_state::UNKNOWN, |known| known.state.as_str());
        let inventory = inventory(&record.instance_id);
        let state = of_listed(&record.ping_status, inventory, stored_state);
        let gone_at = is_gone(state).then(|| known.and_then(|known| known.gone_at).unwrap_or(now));
        let derived = row! {
            agent_rank: version_rank(&record.agent_version),
            first_seen_at: first_seen_at,
            gone_at: gone_at,
            instance_state: state,
        };
        rows.push(identity.into_iter().chain(reported).chain(derived));
        pings.push((key, record.last_ping_at.map(whole_second)));
    }
    tables.replace("instance", again.map(|(_, one)| one.key), rows);
    pings.sort_unstable();
    let keys: Vec<i64> = pings.iter().map(|(key, _)| *key).collect();
    let pings = pings.into_iter().map(|(key, last_ping_at)| row! { instance_key: key, last_ping_at: last_ping_at });
    tables.replace("instance_ping", keys, pings);
    Ok(instance_keys)
}

/// Returns the instances that are not listed and whose state has changed, by their new state.
fn changed_states<'i>(
    unlisted: &[(&InstanceId, &Stored)],
    inventory: impl Fn(&InstanceId) -> Inventory<'i>,
    now: Timestamp,
) -> BTreeMap<&'static str, Vec<i64>> {
    let mut changed: BTreeMap<&'static str, Vec<i64>> = BTreeMap::new();
    for (id, stored) in unlisted {
        // Earlier versions stored no state of instances that were gone.
        let before = match stored.gone_at {
            Some(_) if stored.state.is_empty() => instance_state::DEREGISTERED,
            _ => stored.state.as_str(),
        };
        let state = of_unlisted(inventory(id), before, stored.last_ping_at, now);
        if state != stored.state {
            changed.entry(state).or_default().push(stored.key);
        }
    }
    changed
}

/// Changes the state of instances. One that is gone keeps the time at which it was first found to be.
fn change_state(tables: &mut Tables<'_, '_>, keys: Vec<i64>, state: &str, now: Timestamp) -> duckdb::Result<()> {
    let condition = of_instances(keys);
    temporal::archive(tables.connection, "instance", &condition, [], tables.today)?;
    let sql = format!(
        "UPDATE instance SET instance_state = $2, from_day = $3,
            gone_at = CASE WHEN $1::TIMESTAMP IS NOT NULL THEN coalesce(gone_at, $1) END
         WHERE {condition}"
    );
    let gone_at = is_gone(state).then(|| value::time(now));
    let parameters = params![gone_at, state, value::day(tables.today)];
    tables.connection.execute(&sql, parameters)?;
    tables.changed.insert("instance");
    Ok(())
}

fn stored(connection: &Connection, snapshot: &Snapshot) -> duckdb::Result<HashMap<InstanceId, Stored>> {
    let mut statement = connection.prepare_cached(include_str!("stored_instances.sql"))?;
    let rows = statement.query_map(params![snapshot.account_id.as_str(), snapshot.region], |row| {
        let stored = Stored {
            key: row.get(1)?,
            first_seen_at: read_time(row, 2)?,
            gone_at: read_time_option(row, 3)?,
            state: row.get(4)?,
            last_ping_at: read_time_option(row, 5)?,
        };
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
