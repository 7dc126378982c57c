//! A fleet that is scanned every day and patched every week. The report of an instance is a function of the seed, the
//! instance and the day, so there is no state, and any day can be generated.

use super::{
    calendar::{HOUR, MINUTE},
    random::{Purpose, random_bool, random_u64},
    size::Size,
    vendor::{PLATFORMS, Patch, Platform},
};
use jiff::Timestamp;
use muster_core::{
    roster::Account,
    snapshot::{Target, UpdateRecord},
};
use muster_model::{ids::InstanceId, provider::Provider};
use std::sync::Arc;

const WEEK_DAYS: i64 = 7;

/// Patches are installed on the instance's first patch day after this delay.
const APPROVED_AFTER_DAYS: i64 = 1;
const FAILURE_PERCENT: u64 = 10;
/// Share of instances that are patched only every eighth week.
const SELDOM_PERCENT: u64 = 5;
const SELDOM_WEEKS: i64 = 8;
/// Share of instances that lose contact for good on some day within twice the time.
const LOST_PERCENT: u64 = 4;
const ACCOUNTS_PER_CUSTOMER: usize = 4;
const BOOTED_WITHIN_DAYS: u64 = 3;

const INSTALL_HOUR: i64 = 2;
const SCAN_HOUR: i64 = 4;
const OPERATION_MINUTES: i64 = 10;
/// Agents ping at this interval.
const PING_SECONDS: u64 = 300;

pub struct Estate {
    pub size: Size,
    pub platforms: Vec<Platform>,
    pub accounts: Vec<Account>,
    /// Instances by account.
    pub instances: Vec<Vec<Instance>>,
    states: States,
}

/// The names of states, shared by all updates.
struct States {
    missing: Arc<str>,
    failed: Arc<str>,
    pending_reboot: Arc<str>,
    installed: Arc<str>,
}

/// The constant properties of an instance.
pub struct Instance {
    pub number: u64,
    pub id: InstanceId,
    pub platform: usize,
    patch_days: PatchDays,
    /// The first day on which it no longer answers.
    lost_from: i64,
}

/// Patch days at a fixed interval.
#[derive(Clone, Copy)]
struct PatchDays {
    interval_days: i64,
    first: i64,
}

impl PatchDays {
    fn contain(self, day: i64) -> bool {
        (day - self.first).rem_euclid(self.interval_days) == 0
    }

    /// The first patch day at or after a day.
    fn from(self, day: i64) -> i64 {
        day + (self.first - day).rem_euclid(self.interval_days)
    }
}

impl Estate {
    pub fn new(size: Size) -> anyhow::Result<Self> {
        let states = States {
            missing: "Missing".into(),
            failed: "Failed".into(),
            pending_reboot: "InstalledPendingReboot".into(),
            installed: "Installed".into(),
        };
        let accounts = (0..size.accounts).map(|number| account(&size, number)).collect::<anyhow::Result<Vec<_>>>()?;
        let instances_of = |number: usize| {
            let is_aws = accounts[number].provider.as_ref().is_some_and(|provider| provider.code() == "aws");
            let kind = if is_aws { "i" } else { "mi" };
            size.instances_of(number).map(|instance| Instance::new(&size, number, instance, kind)).collect()
        };
        let instances = (0..size.accounts).map(instances_of).collect::<anyhow::Result<_>>()?;
        Ok(Self { size, platforms: Platform::all(&size), accounts, instances, states })
    }

    pub fn target(&self, account: usize) -> Target {
        let account = &self.accounts[account];
        Target {
            account_id: account.account_id.clone(),
            systems_account: account.systems_account.clone(),
            role_arn: account.role_arn.clone(),
            external_id: account.external_id.clone(),
            region: account.regions.first().cloned().unwrap_or_default(),
            account_regions: account.regions.clone(),
        }
    }

    /// The updates that the instance reports after the patch operation of a day.
    pub fn updates(&self, instance: &Instance, day: i64) -> Vec<UpdateRecord> {
        let reported = self.platforms[instance.platform].reported(day, self.size.updates);
        reported.iter().map(|patch| self.update(instance, patch, day)).collect()
    }

    fn update(&self, instance: &Instance, patch: &Patch, day: i64) -> UpdateRecord {
        let (seed, number) = (self.size.seed, instance.number);
        let attempted = instance.patch_days.from(patch.published + APPROVED_AFTER_DAYS);
        let fails = random_bool(FAILURE_PERCENT, seed, Purpose::Failure, number, patch.number);
        let installed = if fails { attempted + instance.patch_days.interval_days } else { attempted };
        let pending =
            |state: &Arc<str>| UpdateRecord { patch: patch.pending.clone(), state: state.clone(), installed_at: None };
        if day < attempted {
            return pending(&self.states.missing);
        }
        if day < installed {
            return pending(&self.states.failed);
        }
        let booted =
            installed + 1 + (random_u64(seed, Purpose::Reboot, number, patch.number) % BOOTED_WITHIN_DAYS) as i64;
        let waits = patch.reboots && day < booted;
        let state = if waits { &self.states.pending_reboot } else { &self.states.installed };
        let installed_at =
            Some(self.size.calendar.at(installed, INSTALL_HOUR * HOUR + self.minute(instance, installed) * MINUTE));
        UpdateRecord { patch: patch.installed.clone(), state: state.clone(), installed_at }
    }

    /// The minute in which the patch operation starts; instances of one window do not all start at once.
    fn minute(&self, instance: &Instance, day: i64) -> i64 {
        (random_u64(self.size.seed, Purpose::Minute, instance.number, day as u64) % 30) as i64
    }

    /// The start and end of the patch operation of a day.
    pub fn operation(&self, instance: &Instance, day: i64) -> (Timestamp, Timestamp) {
        let hour = if instance.patch_days.contain(day) { INSTALL_HOUR } else { SCAN_HOUR };
        let start = hour * HOUR + self.minute(instance, day) * MINUTE;
        let at = |second| self.size.calendar.at(day, second);
        (at(start), at(start + OPERATION_MINUTES * MINUTE))
    }

    /// The agent's last ping before a harvest.
    pub fn last_ping(&self, instance: &Instance, day: i64, harvest_at: Timestamp) -> Timestamp {
        let seconds_ago =
            (random_u64(self.size.seed, Purpose::Ping, instance.number, day as u64) % PING_SECONDS) as i64;
        let last = if instance.answers(day) { harvest_at } else { self.size.calendar.at(instance.lost_from, 0) };
        Timestamp::from_second(last.as_second() - seconds_ago).unwrap_or(last)
    }
}

impl Instance {
    fn new(size: &Size, account: usize, number: usize, kind: &str) -> anyhow::Result<Self> {
        let (seed, number) = (size.seed, number as u64);
        let random = random_u64(seed, Purpose::Instance, number, 0);
        let is_seldom_patched = random_bool(SELDOM_PERCENT, seed, Purpose::PatchWeeks, number, 0);
        let interval_days = if is_seldom_patched { SELDOM_WEEKS * WEEK_DAYS } else { WEEK_DAYS };
        let lost = random_bool(LOST_PERCENT, seed, Purpose::LastDay, number, 0);
        let last_day = random_u64(seed, Purpose::LastDay, number, 1) % (2 * size.days.max(1)) as u64;
        Ok(Self {
            number,
            // The number in front makes ids unique.
            id: format!("{kind}-{number:07x}{:010x}", random % (1 << 40)).parse()?,
            platform: (random % PLATFORMS.len() as u64) as usize,
            // All instances of an account share one window.
            patch_days: PatchDays {
                interval_days,
                first: (random_u64(seed, Purpose::Account, account as u64, 1) % WEEK_DAYS as u64) as i64,
            },
            lost_from: if lost { last_day as i64 } else { i64::MAX },
        })
    }

    pub fn answers(&self, day: i64) -> bool {
        day < self.lost_from
    }

    pub fn is_patched_on(&self, day: i64) -> bool {
        self.answers(day) && self.patch_days.contain(day)
    }
}

fn account(size: &Size, number: usize) -> anyhow::Result<Account> {
    let provider = match random_u64(size.seed, Purpose::Account, number as u64, 0) % 10 {
        0 => "gcp",
        1 | 2 => "azure",
        3 => "vmware",
        _ => "aws",
    };
    let customer = number / ACCOUNTS_PER_CUSTOMER;
    let systems_account = format!("{:012}", 400_000_000_000 + number);
    Ok(Account {
        provider: Some(Provider::new(provider)),
        account_id: format!("{:012}", 200_000_000_000 + number).parse()?,
        account_name: format!("Account {number:04}"),
        customer_id: format!("customer-{customer:03}"),
        customer_name: format!("Customer {customer:03}"),
        role_arn: format!("arn:aws:iam::{systems_account}:role/Muster"),
        systems_account,
        external_id: "bench".to_owned(),
        regions: vec!["us-east-1".to_owned()],
    })
}
