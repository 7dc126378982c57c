//! Table `listed_software`: counted from the inventories that were just written.

use super::append::SEPARATOR;
use crate::listed_regions::OF_ACCOUNTS;
use duckdb::{Connection, params};
use muster_core::snapshot::Snapshot;
use muster_metrics::listed_software;
use std::collections::{BTreeMap, BTreeSet};

/// What the counts of an account depend on beside its inventories: which instances are current, and their operating systems. Of
/// texts, because hashes of several values differ by the same if only the last value differs, so that two such changes cancel out.
const INSTANCES: &str = "
    SELECT account_id, bit_xor(hash(concat_ws(chr(31),
        instance_key, platform_name, platform_version, gone_at IS NULL AND duplicate_since IS NULL)))::VARCHAR
    FROM listed_instance
    WHERE {of_accounts}
    GROUP BY account_id";

/// The accounts that are being written, as far as their software is counted.
pub struct Counted {
    /// Those with new inventories or twins.
    changed: BTreeSet<String>,
    /// The instances of the others, before `listed_instance` is written.
    before: BTreeMap<String, String>,
}

impl Counted {
    /// Inventories must be written and flushed before. `changed` are the tables of which rows changed.
    pub fn read(
        connection: &Connection,
        snapshots: &[Snapshot],
        changed: &BTreeSet<&str>,
        has_new_twins: bool,
    ) -> duckdb::Result<Self> {
        let has_new_inventory = ["software", "hotfix"].iter().any(|table| changed.contains(table));
        let is_changed = |snapshot: &Snapshot| {
            let data = &snapshot.reference_data;
            has_new_twins || has_new_inventory && !(data.software.is_empty() && data.hotfixes.is_empty())
        };
        let (changed_now, others): (Vec<&Snapshot>, Vec<&Snapshot>) = snapshots.iter().partition(|one| is_changed(one));
        let before = match changed.contains("instance") {
            true => instances(connection, &joined(others.iter().map(|one| one.account_id.as_str())))?,
            false => BTreeMap::new(),
        };
        Ok(Self { changed: changed_now.iter().map(|one| one.account_id.to_string()).collect(), before })
    }

    /// Counts the software anew of the accounts that changed. `listed_instance` must be written before.
    pub fn count_changed(mut self, connection: &Connection) -> duckdb::Result<()> {
        if !self.before.is_empty() {
            let after = instances(connection, &joined(self.before.keys().map(String::as_str)))?;
            self.changed
                .extend(after.into_iter().filter(|(id, now)| self.before.get(id) != Some(now)).map(|(id, _)| id));
        }
        if self.changed.is_empty() {
            return Ok(());
        }
        count(connection, &joined(self.changed.iter().map(String::as_str)))
    }
}

fn joined<'a>(accounts: impl Iterator<Item = &'a str>) -> String {
    accounts.collect::<Vec<_>>().join(SEPARATOR)
}

/// Reads the instances of accounts, separated by line breaks.
fn instances(connection: &Connection, accounts: &str) -> duckdb::Result<BTreeMap<String, String>> {
    let mut statement = connection.prepare_cached(&INSTANCES.replace("{of_accounts}", OF_ACCOUNTS))?;
    let rows = statement.query_map([accounts], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// Replaces the rows of accounts, separated by line breaks.
fn count(connection: &Connection, accounts: &str) -> duckdb::Result<()> {
    let delete = format!("DELETE FROM listed_software WHERE {OF_ACCOUNTS}");
    connection.prepare_cached(&delete)?.execute([accounts])?;
    // The range lets the scans of inventories skip other accounts.
    let range = format!("SELECT min(instance_key), max(instance_key) FROM listed_instance WHERE {OF_ACCOUNTS}");
    let (first, last): (Option<i64>, Option<i64>) =
        connection.prepare_cached(&range)?.query_row([accounts], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let listed = format!("SELECT * FROM listed_instance WHERE {OF_ACCOUNTS}");
    let rows = listed_software(&listed, "instance_key BETWEEN $2 AND $3");
    let insert = format!("INSERT INTO listed_software BY NAME {rows}");
    connection.prepare_cached(&insert)?.execute(params![accounts, first, last]).map(drop)
}
