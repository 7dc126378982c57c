//! The raw rows that figures are recomputed from: small tables whole, counts of the large ones.

use super::meaning::{FAILED, MISSING, is_pending, run_outcome, severity};
use duckdb::Connection;
use jiff::{Timestamp, civil::Date};
use muster_model::{
    column::Columns,
    ids::{AccountId, InstanceId},
    patch_status::StatusCounts,
    provider::Provider,
    severity::SeverityBand,
};
use muster_store::named_row::each;
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

const REGIONS: &str = "
    SELECT r.account_id, r.region, a.provider, a.account_name, a.customer_id, r.last_read_at, r.last_tried_at,
        h.outcome, h.started_at, h.finished_at, coalesce(o.api_calls, 0) AS api_calls, coalesce(o.rows, 0) AS rows,
        (SELECT count(*) FROM harvest_error e WHERE e.harvest_id = r.last_harvest_id) AS errors, (
            SELECT max(f.until_at) FROM former_owner f
            WHERE f.account_id = a.account_id AND f.customer_id <> a.customer_id
        ) AS owned_from
    FROM account_region r
    JOIN account a ON a.account_id = r.account_id
    LEFT JOIN harvest h ON h.harvest_id = r.last_harvest_id
    LEFT JOIN (
        SELECT harvest_id, sum(api_calls) AS api_calls, sum(rows) AS rows FROM harvest_operation GROUP BY ALL
    ) o ON o.harvest_id = r.last_harvest_id
    WHERE r.removed_at IS NULL AND a.removed_at IS NULL";

/// A finished Install run of an instance.
pub struct Install {
    pub requested_at: Timestamp,
    pub command_id: String,
    pub succeeded: bool,
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
    pub agent_version: String,
    /// What the agent reports.
    pub agent_is_latest: Option<bool>,
    pub ping_status: String,
    pub first_seen_at: Timestamp,
    pub gone_at: Option<Timestamp>,
    /// The patch group of its last patch operation.
    pub scanned_group: Option<String>,
    pub baseline_id: Option<String>,
    pub scanned_at: Option<Timestamp>,
    /// The shortest approval delay of its baseline.
    pub approval_delay_days: Option<i64>,
    pub name_tag: Option<String>,
    pub group_tag: Option<String>,
    pub tags: u64,
    pub transitions: u64,
    pub software: u64,
    #[column(skip)]
    pub updates: UpdateCounts,
    /// Run results with a known request time.
    #[column(skip)]
    pub runs: u64,
    #[column(skip)]
    pub latest_install: Option<Install>,
    /// Whether its account and Region are in the roster.
    #[column(skip)]
    pub in_view: bool,
}

const INSTANCES: &str = "
    SELECT i.*, s.patch_group AS scanned_group, s.baseline_id, o.operation_end_at AS scanned_at, (
            SELECT min(p.approve_after_days) FROM patch_rule p
            WHERE p.account_id = i.account_id AND p.region = i.region AND p.baseline_id = s.baseline_id
        ) AS approval_delay_days,
        t.name_tag, t.group_tag, coalesce(t.tags, 0) AS tags, coalesce(h.transitions, 0) AS transitions,
        coalesce(w.software, 0) AS software
    FROM instance i
    LEFT JOIN patch_state s ON s.instance_key = i.instance_key
    LEFT JOIN patch_operation o ON o.instance_key = i.instance_key
    LEFT JOIN (
        SELECT instance_key, count(*) AS tags, max(value) FILTER (key = 'Name') AS name_tag,
            coalesce(max(value) FILTER (key = 'Patch Group'), max(value) FILTER (key = 'PatchGroup')) AS group_tag
        FROM tag GROUP BY ALL
    ) t ON t.instance_key = i.instance_key
    LEFT JOIN (SELECT instance_key, count(*) AS transitions FROM transition GROUP BY ALL) h
        ON h.instance_key = i.instance_key
    LEFT JOIN (SELECT instance_key, count(*) AS software FROM software GROUP BY ALL) w
        ON w.instance_key = i.instance_key";

/// Counts of an instance's updates.
#[derive(Default)]
pub struct UpdateCounts {
    /// By state, as stored.
    pub states: BTreeMap<String, u64>,
    pub critical_missing: u64,
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
}

const UPDATES: &str = "SELECT instance_key, state, severity, count(*) AS updates FROM instance_update GROUP BY ALL";

/// A patch that is missing on instances of an account and Region.
#[derive(Columns)]
pub struct Missing {
    pub account_id: AccountId,
    pub region: String,
    pub title: String,
    pub kb_id: String,
    pub instances: u64,
    pub severity: String,
    pub first_seen_at: Timestamp,
}

const MISSING_PATCHES: &str = "
    SELECT i.account_id, i.region, u.patch_key, coalesce(p.title, '') AS title, coalesce(p.kb_id, '') AS kb_id,
        count(*) AS instances, max(u.severity) AS severity, min(u.first_seen_at) AS first_seen_at
    FROM instance_update u
    JOIN instance i ON i.instance_key = u.instance_key
    LEFT JOIN patch p ON p.patch_key = u.patch_key
    WHERE u.state = $1 AND i.gone_at IS NULL
    GROUP BY ALL";

#[derive(Columns)]
struct RunResult {
    instance_key: i64,
    requested_at: Timestamp,
    command_id: String,
    status: String,
    is_install: bool,
}

/// Read by account, because there may be many results.
const RUN_RESULTS: &str = "
    SELECT i.instance_key, v.requested_at, v.command_id, v.status, EXISTS (
            FROM run r WHERE r.account_id = v.account_id AND r.region = v.region AND r.command_id = v.command_id
                AND r.operation = 'Install'
        ) AS is_install
    FROM invocation v
    JOIN instance i ON i.account_id = v.account_id AND i.region = v.region AND i.instance_id = v.instance_id
    WHERE v.account_id = $1 AND v.requested_at IS NOT NULL";

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
}

/// What identifies an instance.
type Identity = (AccountId, String, InstanceId);

#[derive(Default)]
pub struct Rows {
    /// By account and Region.
    pub regions: BTreeMap<(AccountId, String), Region>,
    pub instances: BTreeMap<i64, Instance>,
    pub missing: Vec<Missing>,
    pub days: Vec<Day>,
    keys: HashMap<Identity, i64>,
}

impl Instance {
    /// Returns whether it counts: it is shown, and the last good harvest found it.
    pub fn is_current(&self) -> bool {
        self.in_view && self.gone_at.is_none()
    }

    /// Adds a result of a run, and keeps the latest finished Install run.
    fn add_result(&mut self, result: RunResult) {
        self.runs += 1;
        let Some(succeeded) = run_outcome(&result.status).filter(|_| result.is_install) else { return };
        let run = Install { requested_at: result.requested_at, command_id: result.command_id, succeeded };
        let time = |run: &Install| (run.requested_at, run.command_id.clone());
        if self.latest_install.as_ref().map(time) < Some(time(&run)) {
            self.latest_install = Some(run);
        }
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

    fn add(&mut self, row: Updates, platform: &str) {
        let band = severity(&row.severity, platform);
        if row.state == MISSING && band == SeverityBand::Critical {
            self.critical_missing += row.updates;
        }
        if is_pending(&row.state) {
            self.pending[band as usize] += row.updates;
        }
        *self.states.entry(row.state).or_default() += row.updates;
    }
}

impl Rows {
    pub fn read(connection: &Connection) -> duckdb::Result<Self> {
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
        each(connection, UPDATES, [], |row: Updates| {
            if let Some(instance) = rows.instances.get_mut(&row.instance_key) {
                instance.updates.add(row, &instance.platform_name);
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
        each(connection, MISSING_PATCHES, [MISSING], |row| rows.missing.push(row))?;
        each(connection, "SELECT * FROM account_day", [], |row| rows.days.push(row))?;
        Ok(rows)
    }

    pub fn key_of(&self, account_id: &AccountId, region: &str, instance_id: &InstanceId) -> Option<i64> {
        self.keys.get(&(account_id.clone(), region.to_owned(), instance_id.clone())).copied()
    }

    /// Returns the Region of an instance, if pages show it.
    pub fn region_of(&self, instance: &Instance) -> Option<&Region> {
        self.regions.get(&(instance.account_id.clone(), instance.region.clone()))
    }
}
