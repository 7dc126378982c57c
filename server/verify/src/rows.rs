//! The raw rows that figures are recomputed from: small tables whole, counts of the large ones.

use super::{
    dates::{Baselines, baselines},
    meaning::{AVAILABLE, FAILED, MISSING, is_pending, severity},
    nodes::Nodes,
    policies::{Policies, policies},
    results::{RUN_RESULTS, RunResult},
    twins::{self, Enrolled},
};
use duckdb::Connection;
use jiff::{Timestamp, civil::Date};
use muster_model::{
    column::Columns,
    ids::{AccountId, InstanceId},
    patch_status::StatusCounts,
    provider::Provider,
};
use muster_store::{
    named_row::each,
    value::{time, whole_second},
};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// A Region that pages show, with its account and the last harvest.
#[derive(Columns)]
pub struct Region {
    pub account_id: AccountId,
    pub region: String,
    pub provider: Provider,
    pub account_name: String,
    pub customer_id: String,
    /// When the account changed owners, if it ever did.
    pub owned_from: Option<Timestamp>,
    pub last_read_at: Option<Timestamp>,
    pub last_tried_at: Option<Timestamp>,
    pub outcome: Option<String>,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    /// Summed over the operations of the harvest, like `rows`.
    pub api_calls: u64,
    pub rows: u64,
    pub errors: u64,
}

const REGIONS: &str = include_str!("regions.sql");

/// A finished Install run of an instance.
pub struct Install {
    pub requested_at: Timestamp,
    pub command_id: String,
    pub succeeded: bool,
}

/// A result of an Install run on an instance.
pub struct InstallResult {
    pub requested_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    pub command_id: String,
    pub status: String,
}

#[derive(Columns)]
pub struct Instance {
    pub instance_key: i64,
    pub account_id: AccountId,
    pub region: String,
    pub instance_id: InstanceId,
    pub name: String,
    pub computer_name: String,
    pub platform_type: String,
    pub platform_name: String,
    pub platform_version: String,
    pub source_type: String,
    pub source_id: String,
    pub registered_at: Option<Timestamp>,
    pub agent_version: String,
    /// What the agent reports.
    pub agent_is_latest: Option<bool>,
    pub ping_status: String,
    /// As stored: what is known beside the ping.
    pub instance_state: String,
    pub first_seen_at: Timestamp,
    pub gone_at: Option<Timestamp>,
    /// The patch group of its last patch operation.
    pub scanned_group: Option<String>,
    pub baseline_id: Option<String>,
    pub scanned_at: Option<Timestamp>,
    /// The operating system of its baseline.
    pub baseline_system: Option<String>,
    pub name_tag: Option<String>,
    pub group_tag: Option<String>,
    /// What enrollment tagged it with.
    #[column(flatten)]
    pub enrolled: Enrolled,
    pub tags: u64,
    pub transitions: u64,
    pub software: u64,
    /// Whether its baseline calls available security updates non-compliant.
    pub available_compliance: Option<String>,
    #[column(flatten)]
    pub counted: Counted,
    #[column(skip)]
    pub packages: Packages,
    #[column(skip)]
    pub updates: UpdateCounts,
    /// Run results with a known request time.
    #[column(skip)]
    pub runs: u64,
    /// The latest result with an exit code: its time and command.
    #[column(skip)]
    pub latest_exit: Option<(Timestamp, String)>,
    /// When that result said that the operating system is not supported. As stored, if there is no result any more.
    pub unsupported_at: Option<Timestamp>,
    #[column(skip)]
    pub latest_install: Option<Install>,
    /// The results of the latest finished Install run; several if they were requested at the same time.
    #[column(skip)]
    pub latest_results: Vec<InstallResult>,
    /// Whether each baseline of its patch operations in the counted days came up again after another one.
    #[column(skip)]
    pub alternates: bool,
    /// When it was first found to be the same machine as another one.
    pub duplicate_since: Option<Timestamp>,
    /// Whether another instance counts in its place.
    #[column(skip)]
    pub is_duplicate: bool,
    /// Whether its account and Region are in the roster.
    #[column(skip)]
    pub in_view: bool,
}

/// What AWS counts of an instance's updates; zero where it does not count.
#[derive(Clone, Columns)]
pub struct Counted {
    #[column(name = "counted_missing")]
    pub missing: u64,
    #[column(name = "counted_failed")]
    pub failed: u64,
    #[column(name = "counted_pending_reboot")]
    pub pending_reboot: u64,
    #[column(name = "counted_rejected")]
    pub rejected: u64,
    #[column(name = "counted_available")]
    pub available: u64,
    #[column(name = "counted_critical")]
    pub critical: u64,
    #[column(name = "counted_security")]
    pub security: u64,
    #[column(name = "counted_other")]
    pub other: u64,
    pub stored_details_missing: u64,
    pub repeated: u64,
}

const INSTANCES: &str = include_str!("instances.sql");

/// Counts of an instance's packages by what tells their manager.
#[derive(Default)]
pub struct Packages {
    of_dpkg: u64,
    of_rpm: u64,
    has_priority: bool,
}

/// An instance's packages of one architecture.
#[derive(Columns)]
struct PackagesRow {
    instance_key: i64,
    architecture: String,
    packages: u64,
    has_priority: bool,
}

const PACKAGES: &str = include_str!("packages.sql");

/// Counts of an instance's updates.
#[derive(Default)]
pub struct UpdateCounts {
    /// By state, as stored.
    pub states: BTreeMap<String, u64>,
    /// Since when the first available security update has been waiting.
    pub available_since: Option<Timestamp>,
    /// Since when the first pending update has been pending.
    pub pending_since: Option<Timestamp>,
    /// Pending updates in the order of `SeverityBand::ALL`.
    pub pending: [u64; 5],
}

/// Updates of an instance that are alike.
#[derive(Columns)]
struct Updates {
    instance_key: i64,
    state: String,
    severity: String,
    updates: u64,
    since: Timestamp,
    pending_since: Option<Timestamp>,
}

const UPDATES: &str = "
    SELECT instance_key, state, severity, count(*) AS updates, min(changed_at) AS since,
        min(pending_since) AS pending_since
    FROM instance_update
    GROUP BY ALL";

/// The recorded figures of one account on one day. Some are absent on days before their columns existed.
#[derive(Columns, Default, Serialize)]
pub struct Day {
    #[serde(skip)]
    pub day: Date,
    #[serde(skip)]
    pub account_id: String,
    pub instances: u64,
    pub online_instances: u64,
    pub pending_os_updates: u64,
    pub instances_pending_os_updates: u64,
    pub pending_agent_updates: u64,
    #[column(flatten)]
    #[serde(flatten)]
    pub status: StatusCounts,
    pub runs_succeeded: Option<u64>,
    pub runs_total: Option<u64>,
    pub pending_critical: Option<u64>,
    pub pending_important: Option<u64>,
    pub pending_moderate: Option<u64>,
    pub pending_low: Option<u64>,
    pub pending_unrated: Option<u64>,
    /// Whether all statuses were known to the version that recorded it.
    #[serde(skip)]
    pub has_every_status: bool,
}

const DAYS: &str = "
    SELECT * REPLACE (
            coalesce(details_missing, 0) AS details_missing, coalesce(non_compliant, 0) AS non_compliant,
            coalesce(unsupported, 0) AS unsupported
        ),
        details_missing IS NOT NULL AND non_compliant IS NOT NULL AND unsupported IS NOT NULL AS has_every_status
    FROM account_day";

/// What identifies an instance.
type Identity = (AccountId, String, InstanceId);

#[derive(Default)]
pub struct Rows {
    /// By account and Region.
    pub regions: BTreeMap<(AccountId, String), Region>,
    pub instances: BTreeMap<i64, Instance>,
    pub days: Vec<Day>,
    pub baselines: Baselines,
    pub nodes: Nodes,
    pub policies: Policies,
    keys: HashMap<Identity, i64>,
}

impl Instance {
    /// The patch group of its last patch operation, or of its tag where none was reported.
    pub fn patch_group(&self) -> &str {
        let scanned = self.scanned_group.as_deref().filter(|group| !group.is_empty());
        scanned.or(self.group_tag.as_deref()).unwrap_or_default()
    }

    /// Returns whether it counts: it is shown, and the last good harvest found it.
    pub fn is_current(&self) -> bool {
        self.in_view && self.gone_at.is_none() && !self.is_duplicate
    }

    /// Returns whether its severities are the priorities of apt. The operating system of its baseline decides, or else
    /// the architectures of its packages, which dpkg and RPM spell differently.
    pub fn uses_apt(&self) -> bool {
        let Packages { of_dpkg, of_rpm, has_priority } = self.packages;
        match self.baseline_system.as_deref().unwrap_or_default() {
            "" => of_dpkg > of_rpm || of_dpkg == of_rpm && has_priority,
            system => ["DEBIAN", "UBUNTU", "RASPBIAN"].contains(&system),
        }
    }
}

impl Packages {
    fn add(&mut self, row: &PackagesRow) {
        match row.architecture.as_str() {
            "all" | "amd64" | "arm64" | "armel" | "armhf" | "mips64el" | "ppc64el" => self.of_dpkg += row.packages,
            "aarch64" | "armv7hl" | "i586" | "i686" | "noarch" | "ppc64le" | "x86_64" => self.of_rpm += row.packages,
            _ => {}
        }
        self.has_priority |= row.has_priority;
    }
}

impl UpdateCounts {
    pub fn in_state(&self, state: &str) -> u64 {
        self.states.get(state).copied().unwrap_or_default()
    }

    /// Returns the number of pending OS updates.
    pub fn pending(&self) -> u64 {
        self.in_state(MISSING) + self.in_state(FAILED)
    }

    fn add(&mut self, row: Updates, uses_apt: bool) {
        let band = severity(&row.severity, uses_apt);
        if row.state == AVAILABLE {
            self.available_since = Some(self.available_since.map_or(row.since, |since| since.min(row.since)));
        }
        if is_pending(&row.state) {
            self.pending[band as usize] += row.updates;
            self.pending_since = self.pending_since.into_iter().chain(row.pending_since).min();
        }
        *self.states.entry(row.state).or_default() += row.updates;
    }
}

/// A patch operation with its baseline.
#[derive(Columns)]
struct ScanRow {
    instance_key: i64,
    baseline_id: String,
}

const SCANS: &str = "SELECT instance_key, baseline_id FROM scan WHERE seen_at >= $1 ORDER BY instance_key, scan_key";

impl Rows {
    /// `since` is from when on baselines are compared.
    pub fn read(connection: &Connection, since: Timestamp) -> duckdb::Result<Self> {
        let mut rows = Self::default();
        each(connection, REGIONS, [], |region: Region| {
            rows.regions.insert((region.account_id.clone(), region.region.clone()), region);
        })?;
        each(connection, INSTANCES, [], |mut instance: Instance| {
            let (account_id, region) = (instance.account_id.clone(), instance.region.clone());
            instance.in_view = rows.region_of(&instance).is_some();
            rows.keys.insert((account_id, region, instance.instance_id.clone()), instance.instance_key);
            rows.instances.insert(instance.instance_key, instance);
        })?;
        twins::mark(&mut rows.instances);
        rows.baselines = baselines(connection)?;
        rows.nodes = Nodes::read(connection)?;
        rows.policies = policies(connection)?;
        each(connection, PACKAGES, [], |row: PackagesRow| {
            if let Some(instance) = rows.instances.get_mut(&row.instance_key) {
                instance.packages.add(&row);
            }
        })?;
        each(connection, UPDATES, [], |row: Updates| {
            if let Some(instance) = rows.instances.get_mut(&row.instance_key) {
                let uses_apt = instance.uses_apt();
                instance.updates.add(row, uses_apt);
            }
        })?;
        let mut accounts: Vec<AccountId> = rows.regions.keys().map(|(account_id, _)| account_id.clone()).collect();
        accounts.dedup();
        for account_id in accounts {
            each(connection, RUN_RESULTS, [account_id.as_str()], |row: RunResult| {
                if let Some(instance) = rows.instances.get_mut(&row.instance_key) {
                    instance.add_result(row);
                }
            })?;
        }
        rows.mark_alternating(connection, since)?;
        each(connection, DAYS, [], |row| rows.days.push(row))?;
        Ok(rows)
    }

    /// Marks the instances whose patch operations went back to every baseline that they had left.
    fn mark_alternating(&mut self, connection: &Connection, since: Timestamp) -> duckdb::Result<()> {
        let mut used: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        each(connection, SCANS, [time(whole_second(since))], |row: ScanRow| {
            used.entry(row.instance_key).or_default().push(row.baseline_id);
        })?;
        for (key, baselines) in used {
            let mut uses: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
            for (at, baseline) in baselines.iter().enumerate() {
                uses.entry(baseline).and_modify(|(_, last)| *last = at).or_insert((at, at));
            }
            let newest_since = uses.values().map(|(first, _)| *first).max();
            let first_left = uses.values().map(|(_, last)| *last).min();
            if let Some(instance) = self.instances.get_mut(&key) {
                instance.alternates = uses.len() > 1 && newest_since < first_left;
            }
        }
        Ok(())
    }

    pub fn key_of(&self, account_id: &AccountId, region: &str, instance_id: &InstanceId) -> Option<i64> {
        self.keys.get(&(account_id.clone(), region.to_owned(), instance_id.clone())).copied()
    }

    /// Returns the Region of an instance, if pages show it.
    pub fn region_of(&self, instance: &Instance) -> Option<&Region> {
        self.regions.get(&(instance.account_id.clone(), instance.region.clone()))
    }
}
