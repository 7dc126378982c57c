//! The meanings of the portal's figures, defined once and shared by everything that counts: pages, exports, the daily
//! record. SQL text only; it runs nothing.

pub mod definitions;

use definitions::expand;
use jiff::{SignedDuration, Timestamp};

/// Where the harvest of every account and Region in scope stands, as `region_state`. Starts with `WITH`; further
/// expressions may follow after a comma. Parameters: `$1` the customer whose accounts count, or NULL for all; `$2`
/// harvests before this time are stale.
pub const REGION_STATE: &str = include_str!("figures/region_state.sql");

/// How much of `listed_instance` a statement reads. Of a past day only that part is put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    Names,
    Status,
    /// With each instance's latest run, among the rows of `invocation` that fulfil this condition.
    Runs(&'static str),
}

/// Returns the SQL that computes the table `listed_instance` from the tables behind it.
pub fn listed_instances() -> String {
    listed(Listed::Runs("true"), "true", "true")
}

/// Returns the SQL that computes a part of `listed_instance`: of the instances whose keys fulfil the condition `keys`,
/// with the last pings of those whose keys fulfil `pings`.
pub fn listed(part: Listed, keys: &str, pings: &str) -> String {
    match part {
        Listed::Names => listed_name("true", keys),
        Listed::Status => listed_instance("true", keys, pings),
        Listed::Runs(row_filter) => format!(
            "SELECT * FROM ({}) LEFT JOIN ({}) USING (account_id, region, instance_id)",
            listed_instance("true", keys, pings),
            latest_run(row_filter)
        ),
    }
}

/// Returns the SQL of everything in `listed_instance` but the latest run. `row_filter` is a condition on `instance`.
pub fn listed_instance(row_filter: &str, keys: &str, pings: &str) -> String {
    let names = listed_name(row_filter, keys);
    let rest = include_str!("figures/listed_instance.sql").replace("{keys}", keys).replace("{pings}", pings);
    expand(&format!("WITH listed_name AS ({names})\n{rest}"))
}

fn listed_name(row_filter: &str, keys: &str) -> String {
    include_str!("figures/listed_name.sql").replace("{row_filter}", row_filter).replace("{keys}", keys)
}

/// Returns the SQL of each instance's latest finished Install run. `row_filter` is a condition on `invocation`.
pub fn latest_run(row_filter: &str) -> String {
    expand(include_str!("figures/latest_run.sql")).replace("{row_filter}", row_filter)
}

/// Every instance in scope with its names, as `fact`, after `region_state` with its parameters. For questions that need
/// no status.
pub const INSTANCE_NAMES: &str = concat!(
    include_str!("figures/region_state.sql"),
    include_str!("figures/instance_names.sql"),
    ", fact AS (SELECT * FROM named)\n"
);

/// Every instance in scope with its status and counts, as `fact`, after `region_state` with its parameters. A further
/// one: `$3` scans before this time are stale. For questions that need no runs.
pub const INSTANCE_STATUS: &str = concat!(
    include_str!("figures/region_state.sql"),
    include_str!("figures/instance_names.sql"),
    include_str!("figures/instance_status.sql"),
    ", fact AS (SELECT * FROM judged)\n"
);

/// The same with each instance's latest run. A further parameter: `$4` runs before this time do not count.
pub const INSTANCE_FACTS: &str = concat!(
    include_str!("figures/region_state.sql"),
    include_str!("figures/instance_names.sql"),
    include_str!("figures/instance_status.sql"),
    include_str!("figures/instance_facts.sql")
);

/// The runs that count there: a condition on `invocation`.
pub const RUNS_THAT_COUNT: &str = "requested_at >= $4";

/// Every account in scope with the figures of the Patching table, as `account_fact`, after `fact` with its parameters.
pub const ACCOUNT_FACTS: &str = concat!(
    include_str!("figures/region_state.sql"),
    include_str!("figures/instance_names.sql"),
    include_str!("figures/instance_status.sql"),
    include_str!("figures/instance_facts.sql"),
    include_str!("figures/account_facts.sql")
);

/// Every update in scope with its instance, patch and clock, as `update_fact`, after `region_state` with its parameters.
/// Further ones: `$3` now; `$4` what is due until then is due soon.
pub const CLOCK_FACTS: &str = concat!(
    include_str!("figures/region_state.sql"),
    include_str!("figures/instance_names.sql"),
    include_str!("figures/clock_facts.sql"),
    include_str!("figures/update_clock.sql")
);

/// What changed since the end of a day, as `change_fact`, after `region_state` with its parameters. A further one: `$3`
/// that day.
pub const CHANGE_FACTS: &str = concat!(
    include_str!("figures/region_state.sql"),
    include_str!("figures/instance_names.sql"),
    include_str!("figures/change_facts.sql")
);

/// How long a run counts towards *run success*.
const RUN_WINDOW: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What is due within this time is due soon.
const DUE_SOON: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Times to patch are of updates that were pending at some time in this span.
const PATCH_TIMES_WINDOW: SignedDuration = SignedDuration::from_hours(365 * 24);

/// The limits that the meanings depend on.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A scan older than this is stale.
    pub stale_scan: SignedDuration,
    /// A harvest older than this is stale.
    pub stale_harvest: SignedDuration,
    /// Whether what happened to an account before it became theirs is shown to whoever has it now.
    pub history_follows_account: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            stale_scan: SignedDuration::from_hours(7 * 24),
            stale_harvest: SignedDuration::from_hours(24),
            history_follows_account: false,
        }
    }
}

impl Limits {
    pub fn stale_scan_before(&self, now: Timestamp) -> Timestamp {
        earlier(now, self.stale_scan)
    }

    pub fn stale_harvest_before(&self, now: Timestamp) -> Timestamp {
        earlier(now, self.stale_harvest)
    }

    pub fn due_soon_until(&self, now: Timestamp) -> Timestamp {
        now.checked_add(DUE_SOON).unwrap_or(Timestamp::MAX)
    }

    pub fn patch_times_since(&self, now: Timestamp) -> Timestamp {
        earlier(now, PATCH_TIMES_WINDOW)
    }

    pub fn runs_since(&self, now: Timestamp) -> Timestamp {
        earlier(now, RUN_WINDOW)
    }
}

fn earlier(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_sub(by).unwrap_or(Timestamp::MIN)
}
