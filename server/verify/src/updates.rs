//! Reads the large tables by ranges of instances and keeps only counts.

use super::{
    meaning::{FAILED, MISSING, is_pending, severity},
    rows::{Patches, Rows, each},
};
use duckdb::{Connection, Row};
use jiff::Timestamp;
use muster_model::{severity::SeverityBand, update::UpdateRow};
use muster_store::value::{read_time, read_time_option};
use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
};

/// The instances of one range.
const RANGE: usize = 500;

/// Counts of an instance's updates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpdateCounts {
    /// By state, as stored.
    pub states: BTreeMap<String, u64>,
    pub critical_missing: u64,
    /// Pending updates in the order of `SeverityBand::ALL`.
    pub pending: [u64; 5],
    /// The sum of the rows' fingerprints, which does not depend on their order.
    pub digest: u64,
}

/// A patch that is missing on instances of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    pub instances: u64,
    pub severity: String,
    pub first_seen_at: Timestamp,
}

/// Missing patches, by patch key and account.
pub type MissingByPatch = HashMap<i64, BTreeMap<String, Missing>>;

/// The published columns of a stored update.
pub struct StoredRow {
    pub title: String,
    pub kb_id: String,
    pub state: String,
    pub classification: String,
    pub severity: String,
    pub installed_at: Option<Timestamp>,
    pub cve_ids: String,
    pub first_seen_at: Timestamp,
    pub changed_at: Timestamp,
}

impl UpdateCounts {
    pub fn in_state(&self, state: &str) -> u64 {
        self.states.get(state).copied().unwrap_or_default()
    }

    pub fn missing(&self) -> u64 {
        self.in_state(MISSING)
    }

    pub fn failed(&self) -> u64 {
        self.in_state(FAILED)
    }

    pub fn pending_reboot(&self) -> u64 {
        self.in_state("InstalledPendingReboot")
    }

    /// Returns the number of pending OS updates.
    pub fn pending(&self) -> u64 {
        self.states.iter().filter(|(state, _)| is_pending(state)).map(|(_, updates)| updates).sum()
    }

    pub fn total(&self) -> u64 {
        self.states.values().sum()
    }

    /// Adds a published row.
    pub fn add_published(&mut self, row: &UpdateRow) {
        *self.states.entry(row.install_status.code().to_owned()).or_default() += 1;
        self.digest = self.digest.wrapping_add(fingerprint_published(row));
    }

    fn add(&mut self, row: &StoredRow, platform: &str) {
        *self.states.entry(row.state.clone()).or_default() += 1;
        self.digest = self.digest.wrapping_add(row.fingerprint());
        let band = severity(&row.severity, platform);
        if row.state == MISSING && band == SeverityBand::Critical {
            self.critical_missing += 1;
        }
        if is_pending(&row.state) {
            self.pending[place(band)] += 1;
        }
    }
}

/// Returns the index of a band in `SeverityBand::ALL`.
fn place(band: SeverityBand) -> usize {
    SeverityBand::ALL.iter().position(|other| *other == band).unwrap_or_default()
}

impl StoredRow {
    fn read(row: &Row<'_>, (title, kb_id): (String, String)) -> duckdb::Result<Self> {
        Ok(Self {
            title,
            kb_id,
            state: row.get(2)?,
            classification: row.get(3)?,
            severity: row.get(4)?,
            installed_at: read_time_option(row, 5)?,
            cve_ids: row.get(6)?,
            first_seen_at: read_time(row, 7)?,
            changed_at: read_time(row, 8)?,
        })
    }

    /// Reads the stored updates of an instance.
    pub fn of_instance(connection: &Connection, patches: &Patches, key: i64) -> duckdb::Result<Vec<Self>> {
        let mut found = Vec::new();
        each(connection, UPDATES, [key, key], |row| {
            found.push(Self::read(row, patches.get(&row.get(1)?).cloned().unwrap_or_default())?);
            Ok(())
        })?;
        Ok(found)
    }

    pub fn description(&self) -> &str {
        if self.title.is_empty() { &self.kb_id } else { &self.title }
    }

    pub fn fingerprint(&self) -> u64 {
        let cves: Vec<&str> = self.cve_ids.split(',').map(str::trim).filter(|cve| !cve.is_empty()).collect();
        fingerprint(
            [&self.state, self.description(), &self.classification, &self.kb_id, &self.severity],
            (self.installed_at, self.first_seen_at, self.changed_at),
            &cves.join(","),
        )
    }
}

/// Returns the fingerprint of a published row. It equals that of the stored row with the same columns.
pub fn fingerprint_published(row: &UpdateRow) -> u64 {
    fingerprint(
        [row.install_status.code(), &row.description, &row.classification, &row.name, &row.severity],
        (row.install_time, row.first_seen_at, row.changed_at),
        &row.cve_ids.join(","),
    )
}

fn fingerprint(texts: [&str; 5], times: (Option<Timestamp>, Timestamp, Timestamp), cves: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (texts, times, cves).hash(&mut hasher);
    hasher.finish()
}

const UPDATES: &str = "SELECT instance_key, patch_key, state, classification, severity, installed_at, cve_ids,
                           first_seen_at, changed_at FROM instance_update WHERE instance_key BETWEEN $1 AND $2";

impl Rows {
    /// Counts the rows of the large tables. Missing patches count on current instances.
    pub fn count_large_tables(&mut self, connection: &Connection) -> duckdb::Result<MissingByPatch> {
        let keys: Vec<i64> = self.instances.keys().copied().collect();
        let mut missing = MissingByPatch::new();
        for range in keys.chunks(RANGE) {
            let (Some(first), Some(last)) = (range.first(), range.last()) else { continue };
            each(connection, UPDATES, [first, last], |row| self.count_update(row, &mut missing))?;
            for (table, count) in [("transition", 0), ("software", 1)] {
                let sql = format!("SELECT instance_key FROM {table} WHERE instance_key BETWEEN $1 AND $2");
                each(connection, &sql, [first, last], |row| {
                    if let Some(instance) = self.instances.get_mut(&row.get(0)?) {
                        *(if count == 0 { &mut instance.transitions } else { &mut instance.software }) += 1;
                    }
                    Ok(())
                })?;
            }
            let tags = "SELECT instance_key, key, value FROM tag WHERE instance_key BETWEEN $1 AND $2";
            each(connection, tags, [first, last], |row| self.count_tag(row))?;
        }
        Ok(missing)
    }

    fn count_update(&mut self, row: &Row<'_>, missing: &mut MissingByPatch) -> duckdb::Result<()> {
        let patch_key: i64 = row.get(1)?;
        let Some(instance) = self.instances.get_mut(&row.get(0)?) else { return Ok(()) };
        let names = self.patches.get(&patch_key).cloned().unwrap_or_default();
        let row = StoredRow::read(row, names)?;
        instance.updates.add(&row, &instance.platform_name);
        if row.state == MISSING && instance.is_current() {
            let accounts = missing.entry(patch_key).or_default();
            let found = Missing { instances: 0, severity: String::new(), first_seen_at: row.first_seen_at };
            let of_account = accounts.entry(instance.account_id.clone()).or_insert(found);
            of_account.instances += 1;
            of_account.severity = row.severity.max(std::mem::take(&mut of_account.severity));
            of_account.first_seen_at = of_account.first_seen_at.min(row.first_seen_at);
        }
        Ok(())
    }

    fn count_tag(&mut self, row: &Row<'_>) -> duckdb::Result<()> {
        let Some(instance) = self.instances.get_mut(&row.get(0)?) else { return Ok(()) };
        let (key, value): (String, String) = (row.get(1)?, row.get(2)?);
        instance.tags += 1;
        match key.as_str() {
            "Name" if !value.is_empty() => instance.name_tag = Some(value),
            "Patch Group" | "PatchGroup" => drop(instance.group_tags.insert(key, value)),
            _ => {}
        }
        Ok(())
    }
}
