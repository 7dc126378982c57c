//! Integer keys of instances, patches, scans and harvests, assigned by the single writer.

use super::error::StoreError;
use duckdb::Connection;
use muster_model::ids::AccountId;
use std::collections::{HashMap, HashSet};

/// The last assigned keys, and the keys of patches.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    last_harvest: i64,
    last_scan: i64,
    last_instance: i64,
    last_patch: i64,
    /// By title, then by KB id.
    patches: HashMap<String, HashMap<String, i64>>,
    /// The patches that fix each CVE.
    cves: HashMap<String, HashSet<i64>>,
    /// The accounts and Regions of which anything is stored.
    harvested: HashSet<(String, String)>,
}

impl Keys {
    pub fn load(connection: &Connection) -> Result<Self, StoreError> {
        let last = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        let load = || -> duckdb::Result<Self> {
            let mut patches: HashMap<String, HashMap<String, i64>> = HashMap::new();
            let mut statement = connection.prepare("SELECT title, kb_id, patch_key FROM patch")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                patches.entry(row.get(0)?).or_default().insert(row.get(1)?, row.get(2)?);
            }
            let mut cves: HashMap<String, HashSet<i64>> = HashMap::new();
            let mut statement = connection.prepare("SELECT cve, patch_key FROM patch_cve")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                cves.entry(row.get(0)?).or_default().insert(row.get(1)?);
            }
            // Retention keeps the last harvest of each. A first harvest that did not end has only instances.
            let harvested = connection
                .prepare("SELECT account_id, region FROM harvest UNION SELECT account_id, region FROM instance")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<duckdb::Result<_>>()?;
            Ok(Self {
                // A harvest that did not end has only scans.
                last_harvest: last(
                    "SELECT greatest(
                        (SELECT coalesce(max(harvest_id), 0) FROM harvest), (SELECT coalesce(max(harvest_id), 0) FROM scan))",
                )?,
                // Retention keeps the last scan of each instance.
                last_scan: last("SELECT coalesce(max(scan_key), 0) FROM scan")?,
                last_instance: last("SELECT coalesce(max(instance_key), 0) FROM instance")?,
                last_patch: last("SELECT coalesce(max(patch_key), 0) FROM patch")?,
                patches,
                cves,
                harvested,
            })
        };
        load().map_err(StoreError::read("the last keys"))
    }

    /// Loads the keys again after a transaction was rolled back. Numbers of harvests are not assigned again: one whose slices
    /// were stored may go on.
    pub fn reload(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let loaded = Self::load(connection)?;
        *self = Self { last_harvest: loaded.last_harvest.max(self.last_harvest), ..loaded };
        Ok(())
    }

    /// Assigns a key to a harvest. Returns also whether it is the first of its account and Region.
    pub fn next_harvest(&mut self, account: &AccountId, region: &str) -> (i64, bool) {
        self.last_harvest += 1;
        let is_first = self.harvested.insert((account.to_string(), region.to_owned()));
        (self.last_harvest, is_first)
    }

    pub fn next_scan(&mut self) -> i64 {
        self.last_scan += 1;
        self.last_scan
    }

    pub fn next_instance(&mut self) -> i64 {
        self.last_instance += 1;
        self.last_instance
    }

    /// Returns the key of a patch, and whether it is new and must be written.
    pub fn patch(&mut self, title: &str, kb_id: &str) -> (i64, bool) {
        if let Some(key) = self.patches.get(title).and_then(|ids| ids.get(kb_id)) {
            return (*key, false);
        }
        self.last_patch += 1;
        self.patches.entry(title.to_owned()).or_default().insert(kb_id.to_owned(), self.last_patch);
        (self.last_patch, true)
    }

    /// Notes that a patch fixes a CVE. Returns whether this is new and must be written.
    pub fn fixes(&mut self, patch_key: i64, cve: &str) -> bool {
        match self.cves.get_mut(cve) {
            Some(patches) => patches.insert(patch_key),
            None => self.cves.insert(cve.to_owned(), HashSet::from([patch_key])).is_none(),
        }
    }
}
