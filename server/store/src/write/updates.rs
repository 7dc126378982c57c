//! Tables `patch_state`, `patch_operation`, `instance_update`, `patch`, `scan` and `transition`: what patch operations
//! left on the instances whose change key moved, and what that changed.

use super::{
    super::{
        columns::{answer, numbers, texts},
        keys::Keys,
        reported::Reported,
        transitions::{Difference, Kept, StoredUpdate, Transition, difference},
        value::{day_after_epoch, whole_second},
    },
    Harvest,
    append::{Cell, Tables, among, date, of_instances, text, time, time_option},
};
use duckdb::{Connection, arrow::record_batch::RecordBatch};
use jiff::civil::Date;
use muster_core::snapshot::{PatchRecord, PatchStateRecord, ScanRecord, UpdateRecord};
use muster_model::severity::SeverityBand;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ptr,
};

/// One scan of one instance.
struct Scanned<'a> {
    instance_key: i64,
    /// Which of the harvests brought it.
    harvest: usize,
    scan: &'a ScanRecord,
    reported: Reported<'a>,
    hash: i64,
}

/// Writes the scans. Returns the number of transitions of each harvest.
pub fn write<'a>(tables: &mut Tables<'_, 'a>, keys: &mut Keys, harvests: &[Harvest<'a>]) -> duckdb::Result<Vec<u64>> {
    let mut patch_keys = PatchKeys { keys, found: HashMap::new() };
    let mut scans = Vec::new();
    for (number, harvest) in harvests.iter().enumerate() {
        scans.extend(scanned(tables, &mut patch_keys, number, harvest)?);
    }
    let mut transitions = vec![0; harvests.len()];
    if scans.is_empty() {
        return Ok(transitions);
    }
    // Of what is stored, only that of which something else was reported has to be read.
    let before = || scans.iter().filter(|one| !harvests[one.harvest].is_first);
    let all = of_instances(before().map(|one| one.instance_key));
    let known = stored_hashes(tables.connection, &all)?;
    let differs = |one: &&Scanned<'_>| known.get(&one.instance_key) != Some(&one.hash);
    let these = of_instances(before().filter(differs).map(|one| one.instance_key));
    let batches = stored_updates(tables.connection, &these)?;
    let mut stored = by_instance(&batches)?;
    let mut gone = Vec::new();
    for one in scans.iter().filter(differs) {
        let harvest = &harvests[one.harvest];
        let stored = stored.remove(&one.instance_key).unwrap_or_default();
        let operation_end_at = one.scan.state.key.operation_end_at;
        let difference = difference(stored, &one.reported, operation_end_at, harvest.snapshot.started_at);
        transitions[one.harvest] += difference.transitions.len() as u64;
        gone.extend(difference.gone.iter().map(|row| row.row_id));
        append(tables, one, &difference, keys, harvest)?;
    }
    if !gone.is_empty() {
        // By their instances as well, which DuckDB finds sooner than numbers of rows from all over the table.
        tables.delete("instance_update", &format!("{these} AND {}", among("rowid", gone)))?;
    }
    tables.delete("unsure_instance", &all)?;
    replace_states(tables, &scans, harvests);
    Ok(transitions)
}

/// In instance order, because readers find rows by instance; the last scan of an instance counts.
fn scanned<'a>(
    tables: &mut Tables<'_, 'a>,
    patch_keys: &mut PatchKeys<'_>,
    number: usize,
    harvest: &Harvest<'a>,
) -> duckdb::Result<Vec<Scanned<'a>>> {
    let scans = harvest.snapshot.scans.iter();
    let scans: BTreeMap<i64, &ScanRecord> =
        scans.filter_map(|scan| Some((*harvest.instances.get(&scan.state.instance_id)?, scan))).collect();
    let mut all = Vec::with_capacity(scans.len());
    for (instance_key, scan) in scans {
        let updates = scan.updates.iter().map(|update| Ok((patch_keys.key(tables, &update.patch)?, update)));
        let reported = Reported::new(updates.collect::<duckdb::Result<_>>()?);
        let hash = reported.hash();
        all.push(Scanned { instance_key, harvest: number, scan, reported, hash });
    }
    Ok(all)
}

/// The keys of the patches of some snapshots. Rows share their patches, so most are known by where they are.
struct PatchKeys<'a> {
    keys: &'a mut Keys,
    found: HashMap<*const PatchRecord, i64>,
}

impl PatchKeys<'_> {
    /// New ones are written.
    fn key(&mut self, tables: &mut Tables<'_, '_>, patch: &PatchRecord) -> duckdb::Result<i64> {
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

/// What each instance reported last, by its hash. Before there were any, nothing is known.
fn stored_hashes(connection: &Connection, these: &str) -> duckdb::Result<HashMap<i64, i64>> {
    let sql =
        format!("SELECT instance_key, updates_hash FROM patch_operation WHERE {these} AND updates_hash IS NOT NULL");
    let mut stored = HashMap::new();
    for rows in answer(connection, &sql)? {
        let (instance_key, hash) = (numbers(&rows, 0)?, numbers(&rows, 1)?);
        for row in 0..rows.num_rows() {
            stored.insert(instance_key.get(row)?, hash.get(row)?);
        }
    }
    Ok(stored)
}

fn stored_updates(connection: &Connection, these: &str) -> duckdb::Result<Vec<RecordBatch>> {
    let sql = format!(
        "SELECT rowid, instance_key, patch_key, state, classification, severity, epoch_us(installed_at), cve_ids,
                epoch_us(first_seen_at), epoch_us(changed_at), epoch_us(pending_since), date_diff('day', DATE 'epoch', from_day)
         FROM instance_update
         WHERE {these}"
    );
    answer(connection, &sql)
}

fn by_instance(batches: &[RecordBatch]) -> duckdb::Result<HashMap<i64, Vec<StoredUpdate<'_>>>> {
    let mut stored: HashMap<i64, Vec<StoredUpdate<'_>>> = HashMap::new();
    for rows in batches {
        let (row_id, instance_key, patch_key) = (numbers(rows, 0)?, numbers(rows, 1)?, numbers(rows, 2)?);
        let (state, classification, severity) = (texts(rows, 3)?, texts(rows, 4)?, texts(rows, 5)?);
        let (installed_at, cve_ids, first_seen_at) = (numbers(rows, 6)?, texts(rows, 7)?, numbers(rows, 8)?);
        let (changed_at, pending_since, from_day) = (numbers(rows, 9)?, numbers(rows, 10)?, numbers(rows, 11)?);
        for row in 0..rows.num_rows() {
            stored.entry(instance_key.get(row)?).or_default().push(StoredUpdate {
                row_id: row_id.get(row)?,
                patch_key: patch_key.get(row)?,
                state: state.get(row),
                classification: classification.get(row),
                severity: severity.get(row),
                installed_at: installed_at.time_option(row)?,
                cve_ids: cve_ids.get(row),
                first_seen_at: first_seen_at.time(row)?,
                changed_at: changed_at.time(row)?,
                pending_since: pending_since.time_option(row)?,
                from_day: day_after_epoch(from_day.get(row)?),
            });
        }
    }
    Ok(stored)
}

fn replace_states<'a>(tables: &mut Tables<'_, 'a>, scans: &[Scanned<'a>], harvests: &[Harvest<'a>]) {
    for scans in scans.chunk_by(|one, next| one.harvest == next.harvest) {
        tables.is_first_harvest = scans.iter().any(|one| harvests[one.harvest].is_first);
        let keys = || scans.iter().map(|one| one.instance_key);
        let states = scans.iter().map(|one| state_row(one.instance_key, &one.scan.state, &one.scan.updates));
        tables.replace("patch_state", keys(), states);
        tables.replace("patch_operation", keys(), scans.iter().map(operation_row));
    }
}

fn append(
    tables: &mut Tables<'_, '_>,
    one: &Scanned<'_>,
    difference: &Difference<'_>,
    keys: &mut Keys,
    harvest: &Harvest<'_>,
) -> duckdb::Result<()> {
    let Scanned { instance_key, scan, .. } = one;
    let (state, today) = (&scan.state, tables.today);
    tables.append("instance_update", difference.rows.iter().map(|row| update_row(*instance_key, row)))?;
    tables.append("past_instance_update", difference.past(today).map(|row| past_row(*instance_key, row, today)))?;
    if difference.transitions.is_empty() {
        return Ok(());
    }
    let scan_key = keys.next_scan();
    tables.append(
        "scan",
        [[
            Cell::BigInt(scan_key),
            Cell::BigInt(*instance_key),
            Cell::BigInt(harvest.harvest_id),
            time(whole_second(harvest.snapshot.started_at)),
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

fn past_row<'a>(instance_key: i64, row: &StoredUpdate<'a>, today: Date) -> [Cell<'a>; 12] {
    [
        Cell::BigInt(instance_key),
        Cell::BigInt(row.patch_key),
        text(row.state),
        text(row.classification),
        text(row.severity),
        time_option(row.installed_at),
        text(row.cve_ids),
        time(row.first_seen_at),
        time(row.changed_at),
        time_option(row.pending_since),
        date(row.from_day),
        date(today),
    ]
}

fn operation_row<'a>(one: &Scanned<'a>) -> [Cell<'a>; 6] {
    let state = &one.scan.state;
    [
        Cell::BigInt(one.instance_key),
        text(&state.key.operation),
        time_option(state.key.operation_end_at),
        time_option(state.operation_start_at),
        text(&state.key.snapshot_id),
        Cell::BigInt(one.hash),
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
