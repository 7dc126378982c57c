//! Tables `patch_state`, `instance_update`, `patch`, `scan` and `transition`: what patch operations
//! left on the instances whose change key moved, and what that changed.

use super::{
    super::{
        keys::Keys,
        transitions::{StoredUpdate, Transition, difference},
        value::{read_time, read_time_option, time, time_option},
    },
    InstanceKeys,
    append::{append, key_list, text},
};
use crate::collect::snapshot::{PatchStateRecord, ScanRecord, Snapshot, UpdateRecord};
use app::model::severity::SeverityBand;
use duckdb::{Connection, types::Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Everything to be written, table by table.
#[derive(Default)]
struct Batch {
    patches: Vec<[Value; 3]>,
    states: Vec<[Value; 22]>,
    updates: Vec<[Value; 9]>,
    scans: Vec<[Value; 10]>,
    transitions: Vec<[Value; 8]>,
    /// Instances whose rows in instance_update are replaced.
    rewritten: Vec<i64>,
}

/// Writes the scans. Returns the number of transitions.
pub fn write(
    connection: &Connection,
    keys: &mut Keys,
    instances: &InstanceKeys,
    snapshot: &Snapshot,
    harvest_id: i64,
) -> duckdb::Result<u64> {
    // In instance order, because readers find rows by instance; the last scan of an instance counts.
    let scans: BTreeMap<i64, &ScanRecord> = snapshot
        .scans
        .iter()
        .filter_map(|scan| instances.get(&scan.state.instance_id).map(|key| (*key, scan)))
        .collect();
    if scans.is_empty() {
        return Ok(0);
    }
    let all_keys = key_list(scans.keys().copied());
    let mut stored = stored_updates(connection, &all_keys)?;
    let mut batch = Batch::default();
    for (instance_key, scan) in scans {
        let stored = stored.remove(&instance_key).unwrap_or_default();
        add_scan(&mut batch, keys, instance_key, scan, stored, snapshot, harvest_id);
    }
    let transitions = batch.transitions.len() as u64;
    flush(connection, batch, &all_keys)?;
    Ok(transitions)
}

fn stored_updates(connection: &Connection, keys: &str) -> duckdb::Result<HashMap<i64, Vec<StoredUpdate>>> {
    let mut statement = connection.prepare(&format!(
        "SELECT instance_key, patch_key, state, classification, severity, installed_at, cve_ids, first_seen_at,
                changed_at
         FROM instance_update
         WHERE instance_key IN ({keys})"
    ))?;
    let mut rows = statement.query([])?;
    let mut stored: HashMap<i64, Vec<StoredUpdate>> = HashMap::new();
    while let Some(row) = rows.next()? {
        stored.entry(row.get(0)?).or_default().push(StoredUpdate {
            patch_key: row.get(1)?,
            state: row.get(2)?,
            classification: row.get(3)?,
            severity: row.get(4)?,
            installed_at: read_time_option(row, 5)?,
            cve_ids: row.get(6)?,
            first_seen_at: read_time(row, 7)?,
            changed_at: read_time(row, 8)?,
        });
    }
    Ok(stored)
}

fn add_scan(
    batch: &mut Batch,
    keys: &mut Keys,
    instance_key: i64,
    scan: &ScanRecord,
    stored: Vec<StoredUpdate>,
    snapshot: &Snapshot,
    harvest_id: i64,
) {
    let seen_at = snapshot.started_at;
    let state = &scan.state;
    let reported: Vec<(i64, UpdateRecord)> = scan
        .updates
        .iter()
        .map(|update| {
            let (patch_key, new) = keys.patch(&update.title, &update.kb_id);
            if new {
                batch.patches.push([Value::BigInt(patch_key), text(&update.title), text(&update.kb_id)]);
            }
            (patch_key, update.clone())
        })
        .collect();
    let result = difference(stored, reported, state.key.operation_end_at, seen_at);
    batch.states.push(state_row(instance_key, state, &scan.updates));
    if let Some(rows) = result.rows {
        batch.rewritten.push(instance_key);
        batch.updates.extend(rows.iter().map(|row| update_row(instance_key, row)));
    }
    if !result.transitions.is_empty() {
        let scan_key = keys.next_scan();
        batch.scans.push([
            Value::BigInt(scan_key),
            Value::BigInt(instance_key),
            Value::BigInt(harvest_id),
            time(seen_at),
            text(&state.key.operation),
            time_option(state.operation_start_at),
            time_option(state.key.operation_end_at),
            text(&state.key.baseline_id),
            text(&state.key.snapshot_id),
            text(&state.patch_group),
        ]);
        batch.transitions.extend(result.transitions.iter().map(|row| transition_row(instance_key, scan_key, row)));
    }
}

fn flush(connection: &Connection, batch: Batch, all_keys: &str) -> duckdb::Result<()> {
    connection.execute(&format!("DELETE FROM patch_state WHERE instance_key IN ({all_keys})"), [])?;
    connection.execute(&format!("DELETE FROM unsure_instance WHERE instance_key IN ({all_keys})"), [])?;
    if !batch.rewritten.is_empty() {
        let rewritten = key_list(batch.rewritten);
        connection.execute(&format!("DELETE FROM instance_update WHERE instance_key IN ({rewritten})"), [])?;
    }
    append(connection, "patch", batch.patches)?;
    append(connection, "patch_state", batch.states)?;
    append(connection, "instance_update", batch.updates)?;
    append(connection, "scan", batch.scans)?;
    append(connection, "transition", batch.transitions)
}

fn update_row(instance_key: i64, row: &StoredUpdate) -> [Value; 9] {
    [
        Value::BigInt(instance_key),
        Value::BigInt(row.patch_key),
        text(&row.state),
        text(&row.classification),
        text(&row.severity),
        time_option(row.installed_at),
        text(&row.cve_ids),
        time(row.first_seen_at),
        time(row.changed_at),
    ]
}

fn transition_row(instance_key: i64, scan_key: i64, row: &Transition) -> [Value; 8] {
    let state = |state: &Option<String>| state.as_deref().map_or(Value::Null, text);
    [
        Value::BigInt(instance_key),
        Value::BigInt(row.patch_key),
        Value::BigInt(scan_key),
        state(&row.from_state),
        state(&row.to_state),
        time(row.happened_at),
        text(&row.classification),
        text(&row.severity),
    ]
}

fn state_row(instance_key: i64, state: &PatchStateRecord, updates: &[UpdateRecord]) -> [Value; 22] {
    let count = |wanted: &dyn Fn(&UpdateRecord) -> bool| {
        // A patch reported twice counts once, as it is stored once.
        let distinct: BTreeSet<_> =
            updates.iter().filter(|row| wanted(row)).map(|row| (&row.title, &row.kb_id)).collect();
        Value::Int(i32::try_from(distinct.len()).unwrap_or(i32::MAX))
    };
    let critical = |row: &UpdateRecord| SeverityBand::of(&row.severity) == SeverityBand::Critical;
    [
        Value::BigInt(instance_key),
        text(&state.patch_group),
        text(&state.key.baseline_id),
        text(&state.key.snapshot_id),
        text(&state.key.operation),
        text(&state.reboot_option),
        time_option(state.operation_start_at),
        time_option(state.key.operation_end_at),
        Value::BigInt(state.installed_count),
        Value::BigInt(state.installed_other_count),
        Value::BigInt(state.installed_pending_reboot_count),
        Value::BigInt(state.installed_rejected_count),
        Value::BigInt(state.missing_count),
        Value::BigInt(state.failed_count),
        Value::BigInt(state.not_applicable_count),
        Value::BigInt(state.critical_non_compliant_count),
        Value::BigInt(state.security_non_compliant_count),
        Value::BigInt(state.other_non_compliant_count),
        count(&|row| row.state == "Missing"),
        count(&|row| row.state == "Missing" && critical(row)),
        count(&|row| row.state == "Failed"),
        count(&|row| row.state == "InstalledPendingReboot"),
    ]
}
