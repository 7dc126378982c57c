//! Tables `patch_state`, `patch_operation`, `instance_update`, `patch`, `scan` and `transition`: the results of patch
//! operations on the instances whose change key changed, and the transitions that follow from them.

mod counts;

use super::{
    super::{
        columns::{numbers, query, texts},
        keys::Keys,
        package_manager::uses_apt,
        reported::Reported,
        transitions::{Difference, StoredUpdate, Update, difference},
        value::{day_after_epoch, whole_second},
    },
    Harvest,
    append::{Tables, among, of_instances},
    row::row,
};
use counts::Counts;
use duckdb::{Connection, arrow::record_batch::RecordBatch};
use jiff::Timestamp;
use muster_core::{
    record::{Field, Record},
    snapshot::{PatchRecord, ScanRecord},
};
use muster_model::ids::CveId;
use std::{
    collections::{BTreeMap, HashMap},
    ptr,
};

/// One scan of one instance.
struct Scanned<'a> {
    instance_key: i64,
    /// The index of its harvest.
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
    // Stored updates are read only of instances whose report has another hash than the last one.
    let earlier = || scans.iter().filter(|one| !harvests[one.harvest].is_first);
    let all = of_instances(earlier().map(|one| one.instance_key));
    let known = stored_reports(tables.connection, &all)?;
    let differs = |one: &&Scanned<'_>| known.get(&one.instance_key).and_then(|last| last.hash) != Some(one.hash);
    let changed = of_instances(earlier().filter(differs).map(|one| one.instance_key));
    let batches = stored_updates(tables.connection, &changed)?;
    let mut stored = by_instance(&batches)?;
    let mut removed = Vec::new();
    for one in scans.iter().filter(differs) {
        let harvest = &harvests[one.harvest];
        let stored = stored.remove(&one.instance_key).unwrap_or_default();
        let operation_end_at = one.scan.state.key.operation_end_at;
        let absent_at = known.get(&one.instance_key).and_then(|last| last.complete_at);
        let difference = difference(stored, &one.reported, operation_end_at, absent_at, harvest.snapshot.started_at);
        transitions[one.harvest] += difference.transitions.len() as u64;
        removed.extend(difference.removed.iter().map(|row| row.row_id));
        append(tables, one, &difference, keys, harvest)?;
    }
    if !removed.is_empty() {
        // The instances are named too: DuckDB finds them faster than row ids from all over the table.
        tables.delete("instance_update", &format!("{changed} AND {}", among("rowid", removed)))?;
    }
    tables.delete("unsure_instance", &all)?;
    replace_states(tables, &scans, harvests);
    Ok(transitions)
}

/// Returns a harvest's scans in the order of instances, by which readers find rows. The last scan of an instance
/// counts.
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

/// The CVEs of a patch that are kept. The largest cumulative updates fix some hundreds.
const CVES_MAX: usize = 500;

/// The keys of the patches of some snapshots. Update records share their patches, so most are found by address.
struct PatchKeys<'a> {
    keys: &'a mut Keys,
    found: HashMap<*const PatchRecord, i64>,
}

impl PatchKeys<'_> {
    /// Returns a patch's key. A new patch, and what is new of the CVEs that it fixes, is written.
    fn key(&mut self, tables: &mut Tables<'_, '_>, patch: &PatchRecord) -> duckdb::Result<i64> {
        if let Some(key) = self.found.get(&ptr::from_ref(patch)) {
            return Ok(*key);
        }
        let (key, is_new) = self.keys.patch(&patch.title, &patch.kb_id);
        if is_new {
            tables.append("patch", [row! { patch_key: key, title: &patch.title, kb_id: &patch.kb_id }])?;
        }
        for cve in patch.cve_ids.split(',').map(str::trim).filter(|cve| CveId::is_valid(cve)).take(CVES_MAX) {
            if self.keys.fixes(key, cve) {
                tables.append("patch_cve", [row! { patch_key: key, cve: cve }])?;
            }
        }
        self.found.insert(patch, key);
        Ok(key)
    }
}

/// The last report of an instance that is stored.
struct StoredReport {
    /// Reports that were stored by older versions have none.
    hash: Option<i64>,
    /// When its operation ended, if it listed at least as many updates as it counted.
    complete_at: Option<Timestamp>,
}

fn stored_reports(connection: &Connection, condition: &str) -> duckdb::Result<HashMap<i64, StoredReport>> {
    let sql = format!(
        "SELECT instance_key, updates_hash, epoch_us(CASE
                WHEN s.missing_count <= s.missing AND s.failed_count <= s.failed THEN o.operation_end_at
            END) AS complete_at
         FROM (SELECT * FROM patch_operation WHERE {condition}) o
         JOIN (SELECT * FROM patch_state WHERE {condition}) s USING (instance_key)"
    );
    let mut stored = HashMap::new();
    for rows in query(connection, &sql)? {
        let instance_key = numbers(&rows, "instance_key")?;
        let (hash, complete_at) = (numbers(&rows, "updates_hash")?, numbers(&rows, "complete_at")?);
        for row in 0..rows.num_rows() {
            let report = StoredReport { hash: hash.option(row), complete_at: complete_at.time_option(row)? };
            stored.insert(instance_key.get(row)?, report);
        }
    }
    Ok(stored)
}

fn stored_updates(connection: &Connection, condition: &str) -> duckdb::Result<Vec<RecordBatch>> {
    let sql = format!(
        "SELECT rowid AS row_id, instance_key, patch_key, state, classification, severity, cve_ids,
                epoch_us(installed_at) AS installed_at, epoch_us(first_seen_at) AS first_seen_at,
                epoch_us(changed_at) AS changed_at, epoch_us(pending_since) AS pending_since,
                epoch_us(absent_at) AS absent_at,
                date_diff('day', DATE 'epoch', from_day) AS from_day
         FROM instance_update
         WHERE {condition}"
    );
    query(connection, &sql)
}

fn by_instance(batches: &[RecordBatch]) -> duckdb::Result<HashMap<i64, Vec<StoredUpdate<'_>>>> {
    let mut stored: HashMap<i64, Vec<StoredUpdate<'_>>> = HashMap::new();
    for rows in batches {
        let (number, text) = (|column| numbers(rows, column), |column| texts(rows, column));
        let (row_id, instance_key, patch_key) = (number("row_id")?, number("instance_key")?, number("patch_key")?);
        let (state, classification, severity) = (text("state")?, text("classification")?, text("severity")?);
        let (installed_at, cve_ids, from_day) = (number("installed_at")?, text("cve_ids")?, number("from_day")?);
        let (first_seen_at, changed_at) = (number("first_seen_at")?, number("changed_at")?);
        let (pending_since, absent_at) = (number("pending_since")?, number("absent_at")?);
        for row in 0..rows.num_rows() {
            let update = Update {
                patch_key: patch_key.get(row)?,
                state: state.get(row),
                classification: classification.get(row),
                severity: severity.get(row),
                installed_at: installed_at.time_option(row)?,
                cve_ids: cve_ids.get(row),
                first_seen_at: first_seen_at.time(row)?,
                changed_at: changed_at.time(row)?,
                pending_since: pending_since.time_option(row)?,
                absent_at: absent_at.time_option(row)?,
                from_day: day_after_epoch(from_day.get(row)?),
            };
            let stored = stored.entry(instance_key.get(row)?).or_default();
            stored.push(StoredUpdate { row_id: row_id.get(row)?, update });
        }
    }
    Ok(stored)
}

fn replace_states<'a>(tables: &mut Tables<'_, 'a>, scans: &[Scanned<'a>], harvests: &[Harvest<'a>]) {
    for scans in scans.chunk_by(|one, next| one.harvest == next.harvest) {
        tables.is_first_harvest = scans.iter().any(|one| harvests[one.harvest].is_first);
        let keys = || scans.iter().map(|one| one.instance_key);
        let states = scans.iter().map(state_row);
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
    let (instance_key, state, today) = (one.instance_key, &one.scan.state, tables.today);
    let instance = row! { instance_key: instance_key }.into_iter();
    let updates = difference.rows.iter().map(|update| instance.clone().chain(update.fields()));
    tables.append("instance_update", updates)?;
    let past =
        difference.past(today).map(|past| instance.clone().chain(past.fields()).chain(row! { until_day: today }));
    tables.append("past_instance_update", past)?;
    if difference.transitions.is_empty() {
        return Ok(());
    }
    let scan_key = keys.next_scan();
    let scan = row! {
        scan_key: scan_key,
        instance_key: instance_key,
        harvest_id: harvest.harvest_id,
        seen_at: whole_second(harvest.snapshot.started_at),
        operation: &state.key.operation,
        operation_start_at: state.operation_start_at.map(whole_second),
        operation_end_at: state.key.operation_end_at.map(whole_second),
        baseline_id: &state.key.baseline_id,
        snapshot_id: &state.key.snapshot_id,
        patch_group: &state.patch_group,
    };
    tables.append("scan", [scan])?;
    let scan = instance.chain(row! { scan_key: scan_key });
    tables.append("transition", difference.transitions.iter().map(|row| scan.clone().chain(row.fields())))
}

fn operation_row<'a>(one: &Scanned<'a>) -> [Field<'a>; 7] {
    let state = &one.scan.state;
    row! {
        instance_key: one.instance_key,
        operation: &state.key.operation,
        operation_end_at: state.key.operation_end_at.map(whole_second),
        operation_start_at: state.operation_start_at,
        snapshot_id: &state.key.snapshot_id,
        updates_hash: one.hash,
        install_override: state.install_override,
    }
}

fn state_row<'a>(one: &Scanned<'a>) -> [Field<'a>; 24] {
    let state = &one.scan.state;
    let counts = Counts::of(one);
    row! {
        instance_key: one.instance_key,
        patch_group: &state.patch_group,
        baseline_id: &state.key.baseline_id,
        reboot_option: &state.reboot_option,
        installed_count: state.installed_count,
        installed_other_count: state.installed_other_count,
        installed_pending_reboot_count: state.installed_pending_reboot_count,
        installed_rejected_count: state.installed_rejected_count,
        missing_count: state.missing_count,
        failed_count: state.failed_count,
        not_applicable_count: state.not_applicable_count,
        available_security_update_count: state.available_security_update_count,
        critical_non_compliant_count: state.critical_non_compliant_count,
        security_non_compliant_count: state.security_non_compliant_count,
        other_non_compliant_count: state.other_non_compliant_count,
        missing: counts.missing,
        critical_missing: counts.critical_missing,
        failed: counts.failed,
        pending_reboot: counts.pending_reboot,
        installed_rejected: counts.installed_rejected,
        available_security_updates: counts.available_security_updates,
        details_missing: counts.details_missing,
        repeated_updates: counts.repeated_updates,
        uses_apt: uses_apt(one.scan.updates.iter().map(|row| &*row.patch)),
    }
}
