//! The raw rows that figures are recomputed from: small tables whole, counts of the large ones.

use super::updates::UpdateCounts;
use duckdb::{Connection, Params, Row};
use jiff::{Timestamp, civil::Date};
use muster_store::value::{read_day, read_time, read_time_option};
use std::collections::{BTreeMap, HashMap, HashSet};

pub struct Account {
    pub provider: String,
    pub account_name: String,
    pub customer_id: String,
    pub customer_name: String,
    pub systems_account: String,
    pub in_roster: bool,
    /// When it changed owners, if it ever did.
    pub owned_from: Option<Timestamp>,
}

pub struct Region {
    pub in_roster: bool,
    pub last_good_at: Option<Timestamp>,
    pub last_read_at: Option<Timestamp>,
    pub last_tried_at: Option<Timestamp>,
    pub last_harvest_id: Option<i64>,
}

pub struct Harvest {
    pub started_at: Timestamp,
    pub finished_at: Timestamp,
    pub outcome: String,
    pub transitions: u64,
    /// Summed over its operations, like `rows`.
    pub api_calls: u64,
    pub rows: u64,
    pub errors: u64,
}

/// The last patch operation of an instance, without its counts, which are recomputed.
pub struct Scan {
    pub patch_group: String,
    pub baseline_id: String,
    pub operation: String,
    pub ended_at: Option<Timestamp>,
}

/// A finished Install run of an instance.
pub struct Install {
    pub requested_at: Timestamp,
    pub command_id: String,
    pub succeeded: bool,
}

impl Instance {
    /// Returns whether it counts: it is shown, and the last good harvest found it.
    pub fn is_current(&self) -> bool {
        self.in_view && self.gone_at.is_none()
    }
}

#[derive(Default)]
pub struct Instance {
    pub account_id: String,
    pub region: String,
    pub instance_id: String,
    pub name: String,
    pub computer_name: String,
    pub platform_type: String,
    pub platform_name: String,
    pub platform_version: String,
    pub agent_version: String,
    pub agent_says_latest: Option<bool>,
    pub ping_status: String,
    pub last_ping_at: Option<Timestamp>,
    pub gone_at: Option<Timestamp>,
    pub registered_at: Option<Timestamp>,
    /// Whether its account and Region are in the roster.
    pub in_view: bool,
    pub scan: Option<Scan>,
    pub name_tag: Option<String>,
    /// Patch groups, by the tag's key.
    pub group_tags: BTreeMap<String, String>,
    pub tags: u64,
    pub updates: UpdateCounts,
    pub transitions: u64,
    pub software: u64,
    /// Run results with a known request time.
    pub results: u64,
    pub latest_install: Option<Install>,
}

/// The recorded figures of one account on one day.
pub struct Day {
    pub day: Date,
    pub account_id: String,
    /// In the order of `DAY_FIGURES`.
    pub figures: [u64; 11],
    /// In the order of `LATER_DAY_FIGURES`; absent on days before these columns existed.
    pub later: [Option<u64>; 7],
}

/// The columns of `account_day`.
pub const DAY_FIGURES: [&str; 11] = [
    "instances",
    "online_instances",
    "pending_os_updates",
    "instances_pending_os_updates",
    "pending_agent_updates",
    "no_data",
    "stale",
    "failed",
    "pending",
    "pending_reboot",
    "up_to_date",
];

/// The columns that a later migration added to `account_day`.
pub const LATER_DAY_FIGURES: [&str; 7] = [
    "runs_succeeded",
    "runs_total",
    "pending_critical",
    "pending_important",
    "pending_moderate",
    "pending_low",
    "pending_unrated",
];

/// Titles and KB ids by patch key.
pub type Patches = HashMap<i64, (String, String)>;

#[derive(Default)]
pub struct Rows {
    pub accounts: BTreeMap<String, Account>,
    /// By account and Region.
    pub regions: BTreeMap<(String, String), Region>,
    pub harvests: HashMap<i64, Harvest>,
    pub instances: BTreeMap<i64, Instance>,
    pub patches: Patches,
    pub days: Vec<Day>,
    /// The Install runs: account, Region and command id.
    installs: HashSet<(String, String, String)>,
    /// Instance keys by account, Region and id.
    by_id: HashMap<(String, String, String), i64>,
}

impl Rows {
    pub fn read(connection: &Connection) -> duckdb::Result<Self> {
        let mut rows = Self::default();
        rows.read_accounts(connection)?;
        rows.read_harvests(connection)?;
        rows.read_instances(connection)?;
        rows.read_runs(connection)?;
        each(connection, "SELECT patch_key, title, kb_id FROM patch", [], |row| {
            rows.patches.insert(row.get(0)?, (row.get(1)?, row.get(2)?));
            Ok(())
        })?;
        let columns = [&DAY_FIGURES[..], &LATER_DAY_FIGURES].concat().join(", ");
        let days = format!("SELECT day, account_id, {columns} FROM account_day");
        each(connection, &days, [], |row| {
            let mut figures = [0; 11];
            for (place, figure) in figures.iter_mut().enumerate() {
                *figure = number(row, place + 2)?;
            }
            let mut later = [None; 7];
            for (place, figure) in later.iter_mut().enumerate() {
                *figure = row.get(place + 2 + DAY_FIGURES.len())?;
            }
            rows.days.push(Day { day: read_day(row, 0)?, account_id: row.get(1)?, figures, later });
            Ok(())
        })?;
        Ok(rows)
    }

    /// Returns the key of an instance.
    pub fn key_of(&self, account_id: &str, region: &str, instance_id: &str) -> Option<i64> {
        self.by_id.get(&(account_id.to_owned(), region.to_owned(), instance_id.to_owned())).copied()
    }

    /// Iterates over the accounts and Regions that pages show.
    pub fn regions_in_view(&self) -> impl Iterator<Item = (&str, &str, &Region)> {
        let all = self.regions.iter().map(|((account_id, name), region)| (account_id.as_str(), name.as_str(), region));
        all.filter(|(account_id, name, _)| self.is_in_view(account_id, name))
    }

    fn is_in_view(&self, account_id: &str, region: &str) -> bool {
        let place = (account_id.to_owned(), region.to_owned());
        self.accounts.get(account_id).is_some_and(|account| account.in_roster)
            && self.regions.get(&place).is_some_and(|region| region.in_roster)
    }

    fn read_accounts(&mut self, connection: &Connection) -> duckdb::Result<()> {
        let accounts = "SELECT account_id, provider, account_name, customer_id, customer_name, systems_account,
                            removed_at IS NULL, (
                                SELECT max(o.until_at) FROM former_owner o
                                WHERE o.account_id = a.account_id AND o.customer_id <> a.customer_id
                            ) FROM account a";
        each(connection, accounts, [], |row| {
            let account = Account {
                provider: row.get(1)?,
                account_name: row.get(2)?,
                customer_id: row.get(3)?,
                customer_name: row.get(4)?,
                systems_account: row.get(5)?,
                in_roster: row.get(6)?,
                owned_from: read_time_option(row, 7)?,
            };
            self.accounts.insert(row.get(0)?, account);
            Ok(())
        })?;
        let regions = "SELECT account_id, region, removed_at IS NULL, last_good_at, last_read_at, last_tried_at,
                           last_harvest_id FROM account_region";
        each(connection, regions, [], |row| {
            let region = Region {
                in_roster: row.get(2)?,
                last_good_at: read_time_option(row, 3)?,
                last_read_at: read_time_option(row, 4)?,
                last_tried_at: read_time_option(row, 5)?,
                last_harvest_id: row.get(6)?,
            };
            self.regions.insert((row.get(0)?, row.get(1)?), region);
            Ok(())
        })
    }

    fn read_harvests(&mut self, connection: &Connection) -> duckdb::Result<()> {
        let harvests = "SELECT harvest_id, started_at, finished_at, outcome, transitions FROM harvest";
        each(connection, harvests, [], |row| {
            let harvest = Harvest {
                started_at: read_time(row, 1)?,
                finished_at: read_time(row, 2)?,
                outcome: row.get(3)?,
                transitions: number(row, 4)?,
                api_calls: 0,
                rows: 0,
                errors: 0,
            };
            self.harvests.insert(row.get(0)?, harvest);
            Ok(())
        })?;
        each(connection, "SELECT harvest_id, api_calls, rows FROM harvest_operation", [], |row| {
            if let Some(harvest) = self.harvests.get_mut(&row.get(0)?) {
                harvest.api_calls += number(row, 1)?;
                harvest.rows += number(row, 2)?;
            }
            Ok(())
        })?;
        each(connection, "SELECT harvest_id FROM harvest_error", [], |row| {
            if let Some(harvest) = self.harvests.get_mut(&row.get(0)?) {
                harvest.errors += 1;
            }
            Ok(())
        })
    }

    fn read_instances(&mut self, connection: &Connection) -> duckdb::Result<()> {
        let instances = "SELECT instance_key, account_id, region, instance_id, name, computer_name, platform_type,
                             platform_name, platform_version, agent_version, agent_is_latest, ping_status,
                             last_ping_at, gone_at, registered_at FROM instance LEFT JOIN instance_ping USING (instance_key)";
        each(connection, instances, [], |row| {
            let (account_id, region): (String, String) = (row.get(1)?, row.get(2)?);
            let instance = Instance {
                in_view: self.is_in_view(&account_id, &region),
                account_id,
                region,
                instance_id: row.get(3)?,
                name: row.get(4)?,
                computer_name: row.get(5)?,
                platform_type: row.get(6)?,
                platform_name: row.get(7)?,
                platform_version: row.get(8)?,
                agent_version: row.get(9)?,
                agent_says_latest: row.get(10)?,
                ping_status: row.get(11)?,
                last_ping_at: read_time_option(row, 12)?,
                gone_at: read_time_option(row, 13)?,
                registered_at: read_time_option(row, 14)?,
                ..Instance::default()
            };
            let key = row.get(0)?;
            let id = (instance.account_id.clone(), instance.region.clone(), instance.instance_id.clone());
            self.by_id.insert(id, key);
            self.instances.insert(key, instance);
            Ok(())
        })?;
        let scans = "SELECT instance_key, patch_group, baseline_id, operation, operation_end_at
                     FROM patch_state JOIN patch_operation USING (instance_key)";
        each(connection, scans, [], |row| {
            if let Some(instance) = self.instances.get_mut(&row.get(0)?) {
                instance.scan = Some(Scan {
                    patch_group: row.get(1)?,
                    baseline_id: row.get(2)?,
                    operation: row.get(3)?,
                    ended_at: read_time_option(row, 4)?,
                });
            }
            Ok(())
        })
    }

    fn read_runs(&mut self, connection: &Connection) -> duckdb::Result<()> {
        each(connection, "SELECT account_id, region, command_id, operation FROM run", [], |row| {
            if row.get::<_, String>(3)? == "Install" {
                self.installs.insert((row.get(0)?, row.get(1)?, row.get(2)?));
            }
            Ok(())
        })?;
        let accounts: Vec<String> = self.accounts.keys().cloned().collect();
        // Read by account, because there may be many results.
        let results = "SELECT region, command_id, instance_id, requested_at, status FROM invocation
                       WHERE account_id = $1";
        for account_id in accounts {
            each(connection, results, [&account_id], |row| self.read_result(&account_id, row))?;
        }
        Ok(())
    }

    fn read_result(&mut self, account_id: &str, row: &Row<'_>) -> duckdb::Result<()> {
        let (region, command_id, instance_id): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (requested_at, status) = (read_time_option(row, 3)?, row.get::<_, String>(4)?);
        let key = self.key_of(account_id, &region, &instance_id);
        let (Some(instance), Some(requested_at)) = (key.and_then(|key| self.instances.get_mut(&key)), requested_at)
        else {
            return Ok(());
        };
        instance.results += 1;
        let Some(succeeded) = super::meaning::run_outcome(&status) else { return Ok(()) };
        if !self.installs.contains(&(account_id.to_owned(), region, command_id.clone())) {
            return Ok(());
        }
        let install = Install { requested_at, command_id, succeeded };
        let before = instance.latest_install.as_ref().map(|run| (run.requested_at, run.command_id.as_str()));
        if before < Some((install.requested_at, install.command_id.as_str())) {
            instance.latest_install = Some(install);
        }
        Ok(())
    }
}

/// Calls `take` with each row of a statement.
pub fn each(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    mut take: impl FnMut(&Row<'_>) -> duckdb::Result<()>,
) -> duckdb::Result<()> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(parameters)?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}

/// Reads a count.
fn number(row: &Row<'_>, column: usize) -> duckdb::Result<u64> {
    Ok(row.get::<_, i64>(column)?.try_into().unwrap_or_default())
}
