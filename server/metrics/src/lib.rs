//! The meanings of the portal's figures, defined once and shared by everything that counts: pages, exports, the daily
//! record. SQL text only; it runs nothing.

use jiff::{SignedDuration, Timestamp};

/// Where the harvest of every account and Region in scope stands, as `region_state`. Starts with `WITH`; further
/// expressions may follow after a comma. Parameters: `$1` the customer whose accounts count, or NULL for all; `$2`
/// harvests before this time are stale.
pub const REGION_STATE: &str = include_str!("region_state.sql");

/// What lists need of each instance but its latest run, in one row. `{these}` stands for a condition on `instance`,
/// `{keys}` for one on instance keys, `{pings}` for one on the keys of those whose last ping is told.
pub const LISTED_INSTANCE: &str =
    concat!("WITH listed_name AS (", include_str!("listed_name.sql"), ")\n", include_str!("listed_instance.sql"));

/// The same without its counts and times.
const LISTED_NAME: &str = include_str!("listed_name.sql");

/// The latest run that is over of each instance. `{these}` stands for a condition on `invocation`.
pub const LATEST_RUN: &str = include_str!("latest_run.sql");

/// How much of `listed_instance` a question is about. What it does not name need not be looked up for a past day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    Names,
    Status,
    /// With the latest run of those that fulfil a condition on `invocation`.
    Runs(&'static str),
}

/// What the table `listed_instance` holds, put together from the others: all that lists need of each instance.
pub fn listed_instances() -> String {
    listed(Listed::Runs("true"), "true", "true")
}

/// So much of it, of the instances whose keys fulfil a condition, with the last pings of those that fulfil another.
pub fn listed(what: Listed, keys: &str, pings: &str) -> String {
    let of = |sql: &str, these: &str| sql.replace("{these}", these).replace("{keys}", keys).replace("{pings}", pings);
    match what {
        Listed::Names => of(LISTED_NAME, "true"),
        Listed::Status => of(LISTED_INSTANCE, "true"),
        Listed::Runs(these) => format!(
            "SELECT * FROM ({}) LEFT JOIN ({}) USING (account_id, region, instance_id)",
            of(LISTED_INSTANCE, "true"),
            of(LATEST_RUN, these)
        ),
    }
}

/// Every instance in scope with its names, as `fact`, after `region_state` with its parameters. For questions that need
/// no status.
pub const INSTANCE_NAMES: &str =
    concat!(include_str!("region_state.sql"), include_str!("instance_names.sql"), ", fact AS (SELECT * FROM named)\n");

/// Every instance in scope with its status and counts, as `fact`, after `region_state` with its parameters. A further
/// one: `$3` scans before this time are stale. For questions that need no runs.
pub const INSTANCE_STATUS: &str = concat!(
    include_str!("region_state.sql"),
    include_str!("instance_names.sql"),
    include_str!("instance_status.sql"),
    ", fact AS (SELECT * FROM judged)\n"
);

/// The same with each instance's latest run. A further parameter: `$4` runs before this time do not count.
pub const INSTANCE_FACTS: &str = concat!(
    include_str!("region_state.sql"),
    include_str!("instance_names.sql"),
    include_str!("instance_status.sql"),
    include_str!("instance_facts.sql")
);

/// The runs that count there: a condition on `invocation`.
pub const RUNS_THAT_COUNT: &str = "requested_at >= $4";

/// Every account in scope with the figures of the Patching table, as `account_fact`, after `fact` with its parameters.
pub const ACCOUNT_FACTS: &str = concat!(
    include_str!("region_state.sql"),
    include_str!("instance_names.sql"),
    include_str!("instance_status.sql"),
    include_str!("instance_facts.sql"),
    include_str!("account_facts.sql")
);

/// Every update in scope with its instance, patch and clock, as `update_fact`, after `region_state` with its parameters.
/// Further ones: `$3` now; `$4` what is due until then is due soon.
pub const CLOCK_FACTS: &str = concat!(
    include_str!("region_state.sql"),
    include_str!("instance_names.sql"),
    include_str!("clock_facts.sql"),
    include_str!("update_clock.sql")
);

/// The rung of an update `u` of an instance `f` on the severity ladder, as `SeverityBand` names it. It stands for `{band}`
/// in statements.
pub const SEVERITY_BAND: &str = include_str!("severity_band.sql");

/// What changed since the end of a day, as `change_fact`, after `region_state` with its parameters. A further one: `$3`
/// that day.
pub const CHANGE_FACTS: &str =
    concat!(include_str!("region_state.sql"), include_str!("instance_names.sql"), include_str!("change_facts.sql"));

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
