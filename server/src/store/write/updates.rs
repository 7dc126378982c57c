//! Tables `patch_state`, `patch_operation`, `instance_update`, `patch`, `scan` and `transition`: what patch operations
//! left on the instances whose change key moved, and what that changed.

use super::{
    super::{
        keys::Keys,
        transitions::{Difference, Kept, StoredUpdate, Transition, difference},
        value::{read_day, read_time, read_time_option, whole_second},
    },
    InstanceKeys,
    append::{Cell, Tables, date, of_instances, text, time, time_option},
};
use crate::collect::snapshot::{PatchRecord, PatchStateRecord, ScanRecord, Snapshot, UpdateRecord};
use app::model::severity::SeverityBand;
use duckdb::Connection;
use jiff::civil::Date;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ptr,
};

/// One scan of one instance, and what it changed.
struct Compared<'a> {
    instance_key: i64,
    scan: &'a ScanRecord,
    difference: Difference<'a>,
}

/// Writes the scans. Returns the number of transitions.
pub fn write(
    tables: &mut Tables<'_>,
    keys: &mut Keys,
    instances: &InstanceKeys,
    snapshot: &Snapshot,
    harvest_id: i64,
) -> duckdb::Result<u64> {
    // In instance order, because readers find rows by instance; the last scan of an instance counts.
    let mut scans: BTreeMap<i64, (&ScanRecord, Vec<StoredUpdate>)> = snapshot
        .scans
        .iter()
        .filter_map(|scan| instances.get(&scan.state.instance_id).map(|key| (*key, (scan, Vec::new()))))
        .collect();
    if scans.is_empty() {
        return Ok(0);
    }
    if !tables.is_first_harvest {
        let mut stored = stored_updates(tables.connection, &of_instances(scans.keys().copied()))?;
        scans.iter_mut().for_each(|(key, scan)| scan.1 = stored.remove(key).unwrap_or_default());
    }
    let mut patch_keys = PatchKeys { keys, found: HashMap::new() };
    let mut all = Vec::with_capacity(scans.len());
    for (instance_key, (scan, stored)) in &mut scans {
        let mut reported = Vec::with_capacity(scan.updates.len());
        for update in &scan.updates {
            reported.push((patch_keys.key(tables, &update.patch)?, update));
        }
        let difference = difference(stored, reported, scan.state.key.operation_end_at, snapshot.started_at);
        all.push(Compared { instance_key: *instance_key, scan, difference });
    }
    write_states(tables, &all)?;
    clear(tables, &all)?;
    let mut transitions = 0;
    for one in &all {
        transitions += one.difference.transitions.len() as u64;
        append(tables, one, keys, snapshot, harvest_id)?;
    }
    Ok(transitions)
}

/// The keys of the patches of one snapshot. Rows share their patches, so most are known by where they are.
struct PatchKeys<'a> {
    keys: &'a mut Keys,
    found: HashMap<*const PatchRecord, i64>,
}

impl PatchKeys<'_> {
    /// New ones are written.
    fn key(&mut self, tables: &mut Tables<'_>, patch: &PatchRecord) -> duckdb::Result<i64> {
        if let Some(key) = self.found.get(&ptr::from_ref(patch)) {
            return Ok(*key);
        }
        let (key, is_new) = self.keys.patch(&patch.title, &patch.kb_id);
        if is_new {
            tables.append("patch", [[Cell::BigInt(key), text(&patch.title), text(&patch.kb_id)]])?;
        }
        self.found.insert(patch, key);
        Ok(key)
    }
}

fn stored_updates(connection: &Connection, these: &str) -> duckdb::Result<HashMap<i64, Vec<StoredUpdate>>> {
    let mut statement = connection.prepare(&format!(
        "SELECT instance_key, patch_key, state, classification, severity, installed_at, cve_ids, first_seen_at,
                changed_at, pending_since, from_day
         FROM instance_update
         WHERE {these}"
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
            pending_since: read_time_option(row, 9)?,
            from_day: read_day(row, 10)?,
        });
    }
    Ok(stored)
}

fn write_states(tables: &mut Tables<'_>, all: &[Compared<'_>]) -> duckdb::Result<()> {
    let these = of_instances(all.iter().map(|one| one.instance_key));
    let states = all.iter().map(|one| state_row(one.instance_key, &one.scan.state, &one.scan.updates));
    tables.replace("patch_state", &these, [], states)?;
    let operations = all.iter().map(|one| operation_row(one.instance_key, &one.scan.state));
    tables.replace("patch_operation", &these, [], operations)
}

fn clear(tables: &Tables<'_>, all: &[Compared<'_>]) -> duckdb::Result<()> {
    if tables.is_first_harvest {
        return Ok(());
    }
    let these = of_instances(all.iter().map(|one| one.instance_key));
    tables.connection.execute(&format!("DELETE FROM unsure_instance WHERE {these}"), [])?;
    let rewritten: Vec<i64> =
        all.iter().filter(|one| one.difference.rows.is_some()).map(|one| one.instance_key).collect();
    if !rewritten.is_empty() {
        let these = of_instances(rewritten);
        tables.connection.execute(&format!("DELETE FROM instance_update WHERE {these}"), [])?;
    }
    Ok(())
}

fn append(
    tables: &mut Tables<'_>,
    one: &Compared<'_>,
    keys: &mut Keys,
    snapshot: &Snapshot,
    harvest_id: i64,
) -> duckdb::Result<()> {
    let Compared { instance_key, scan, difference } = one;
    let state = &scan.state;
    tables.append("instance_update", difference.rows.iter().flatten().map(|row| update_row(*instance_key, row)))?;
    let today = tables.today;
    tables.append("past_instance_update", difference.past.iter().map(|row| past_row(*instance_key, row, today)))?;
    if difference.transitions.is_empty() {
        return Ok(());
    }
    let scan_key = keys.next_scan();
    tables.append(
        "scan",
        [[
            Cell::BigInt(scan_key),
            Cell::BigInt(*instance_key),
            Cell::BigInt(harvest_id),
            time(whole_second(snapshot.started_at)),
            text(&state.key.operation),
            time_option(state.operation_start_at.map(whole_second)),
            time_option(state.key.operation_end_at.map(whole_second)),
            text(&state.key.baseline_id),
            text(&state.key.snapshot_id),
            text(&state.patch_group),
        ]],
    )?;
    let rows = difference.transitions.iter().map(|row| transition_row(*instance_key, scan_key, row));
    tables.append("transition", rows)
}

fn update_row<'a>(instance_key: i64, row: &Kept<'a>) -> [Cell<'a>; 11] {
    let (update, patch) = (row.update, &row.update.patch);
    [
        Cell::BigInt(instance_key),
        Cell::BigInt(row.patch_key),
        text(&update.state),
        text(&patch.classification),
        text(&patch.severity),
        time_option(update.installed_at),
        text(&patch.cve_ids),
        time(row.first_seen_at),
        time(row.changed_at),
        time_option(row.pending_since),
        date(row.from_day),
    ]
}

fn past_row(instance_key: i64, row: &StoredUpdate, today: Date) -> [Cell<'_>; 12] {
    [
        Cell::BigInt(instance_key),
        Cell::BigInt(row.patch_key),
        text(&row.state),
        text(&row.classification),
        text(&row.severity),
        time_option(row.installed_at),
        text(&row.cve_ids),
        time(row.first_seen_at),
        time(row.changed_at),
        time_option(row.pending_since),
        date(row.from_day),
        date(today),
    ]
}

fn operation_row(instance_key: i64, state: &PatchStateRecord) -> [Cell<'_>; 5] {
    [
        Cell::BigInt(instance_key),
        text(&state.key.operation),
        time_option(state.key.operation_end_at),
        time_option(state.operation_start_at),
        text(&state.key.snapshot_id),
    ]
}

fn transition_row<'a>(instance_key: i64, scan_key: i64, row: &Transition<'a>) -> [Cell<'a>; 9] {
    [
        Cell::BigInt(instance_key),
        Cell::BigInt(row.patch_key),
        Cell::BigInt(scan_key),
        row.from_state.map_or(Cell::Null, text),
        row.to_state.map_or(Cell::Null, text),
        time(row.happened_at),
        text(row.classification),
        text(row.severity),
        time_option(row.pending_since),
    ]
}

fn state_row<'a>(instance_key: i64, state: &'a PatchStateRecord, updates: &[UpdateRecord]) -> [Cell<'a>; 18] {
    let count = |wanted: &dyn Fn(&UpdateRecord) -> bool| {
        // A patch reported twice counts once, as it is stored once.
        let distinct: HashSet<_> =
            updates.iter().filter(|row| wanted(row)).map(|row| (&row.patch.title, &row.patch.kb_id)).collect();
        Cell::Int(i32::try_from(distinct.len()).unwrap_or(i32::MAX))
    };
    let critical = |row: &UpdateRecord| SeverityBand::of(&row.patch.severity) == SeverityBand::Critical;
    [
        Cell::BigInt(instance_key),
        text(&state.patch_group),
        text(&state.key.baseline_id),
        text(&state.reboot_option),
        Cell::BigInt(state.installed_count),
        Cell::BigInt(state.installed_other_count),
        Cell::BigInt(state.installed_pending_reboot_count),
        Cell::BigInt(state.installed_rejected_count),
        Cell::BigInt(state.missing_count),
        Cell::BigInt(state.failed_count),
        Cell::BigInt(state.not_applicable_count),
        Cell::BigInt(state.critical_non_compliant_count),
        Cell::BigInt(state.security_non_compliant_count),
        Cell::BigInt(state.other_non_compliant_count),
        count(&|row| *row.state == *"Missing"),
        count(&|row| *row.state == *"Missing" && critical(row)),
        count(&|row| *row.state == *"Failed"),
        count(&|row| *row.state == *"InstalledPendingReboot"),
    ]
}
