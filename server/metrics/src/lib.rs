//! The definitions of the portal's figures as SQL text, shared by everything that counts: pages, exports and the daily
//! record. This module runs no statement.
//!
//! Each constant is a chain of common table expressions (CTEs) that a statement starts with. All begin with `WITH
//! region_state`, and a statement may add further CTEs after a comma.

pub mod definitions;
pub mod end_of_life;
pub mod system;
pub mod version;

use definitions::expand;
use jiff::{SignedDuration, Timestamp, civil::Date};

/// `region_state`: the harvest of every account and Region in scope. Parameters: `$1` the customers in scope, or NULL
/// for all; `$2` harvests before this time are stale.
pub const REGION_STATE: &str = include_str!("region_state.sql");

/// `instances`: every instance in scope with its names and owner. Parameters: those of [`REGION_STATE`].
pub const INSTANCE_NAMES: &str = concat!(
    include_str!("region_state.sql"),
    include_str!("instance_names.sql"),
    ", instances AS (SELECT * FROM with_names)\n"
);

/// `instances`: every instance in scope with its status and counts. Parameters: those of [`REGION_STATE`]; `$3` scans
/// before this time are stale.
pub const INSTANCE_STATUS: &str = concat!(
    include_str!("region_state.sql"),
    include_str!("instance_names.sql"),
    include_str!("instance_status.sql"),
    ", instances AS (SELECT * FROM with_status)\n"
);

/// `instances`: every instance in scope with its status, counts and latest run. Parameters: those of
/// [`INSTANCE_STATUS`]; `$4` runs before this time do not count.
pub const INSTANCE_RUNS: &str = concat!(
    include_str!("region_state.sql"),
    include_str!("instance_names.sql"),
    include_str!("instance_status.sql"),
    include_str!("instance_runs.sql")
);

/// `coverage`: every instance ever seen in scope with its class of coverage. Parameters: those of [`INSTANCE_RUNS`].
pub const COVERAGE: &str = concat!(
    include_str!("region_state.sql"),
    include_str!("instance_names.sql"),
    include_str!("instance_status.sql"),
    include_str!("instance_runs.sql"),
    include_str!("window_instances.sql"),
    include_str!("coverage.sql")
);

/// `calendar`: every start of a window or patch policy in scope within some days. Parameters: those of [`INSTANCE_STATUS`];
/// by name, `{occurrences}` the starts of each schedule, a line each, `{from_at}` and `{until_at}` the bounds, and `{now}`.
pub const CALENDAR: &str = concat!(
    include_str!("region_state.sql"),
    include_str!("instance_names.sql"),
    include_str!("instance_status.sql"),
    ", instances AS (SELECT * FROM with_status)\n",
    include_str!("window_instances.sql"),
    include_str!("targeted_instances.sql"),
    include_str!("calendar.sql")
);

/// `targeted_instance`, for a statement that has `instances` already.
pub const TARGETED_INSTANCES: &str =
    concat!(include_str!("window_instances.sql"), include_str!("targeted_instances.sql"));

/// `window_instance` and `patching_window`, for a statement that has `instances` already.
pub const WINDOW_INSTANCES: &str = include_str!("window_instances.sql");

/// `exception_state`, `exception_target`, `exception_update` and `excepted`: the exceptions of the accounts in scope, for a
/// statement that has `region_state` and `with_names` already. By name, `{now}` the moment that is shown.
pub const EXCEPTIONS: &str = include_str!("exceptions.sql");

/// `exploited_patch`, for a statement that has other expressions already. By name, `{now}` the moment that is shown.
pub const EXPLOITED_PATCHES: &str = include_str!("exploited_patches.sql");

/// Returns the name of a table in the cache of instances: of the present, or of the end of a past day.
pub fn cached_table(table: &str, day: Option<Date>) -> String {
    day.map_or_else(|| format!("cache.{table}"), |day| format!("cache.{table}_{}", day.strftime("%Y%m%d")))
}

/// Returns a chain of definitions that starts from the cache of instances. Instead of `$1` to `$4` of [`INSTANCE_RUNS`] it
/// has the parameters of [`REGION_STATE`].
pub fn from_cache(definitions: &str, day: Option<Date>) -> String {
    let instances = include_str!("cached_instances.sql").replace("{cached_instance}", &cached_table("instance", day));
    let cached = include_str!("cached.sql")
        .replace("{cached_region}", &cached_table("region", day))
        .replace("{cached_instances}", instances.trim_end());
    let parts = [include_str!("instance_names.sql"), include_str!("instance_status.sql")];
    let rest = parts.iter().fold(definitions.replace(REGION_STATE, &cached), |rest, part| rest.replace(part, ""));
    let rest = rest.replace(include_str!("instance_runs.sql"), ", instances AS (SELECT * FROM with_status)\n");
    // DuckDB takes longer to plan names of names.
    ["with_names", "with_status"].iter().fold(rest, |rest, name| {
        rest.replace(&format!("(SELECT * FROM {name})"), &format!("({})", instances.trim_end()))
    })
}

/// The condition on `invocation` for the runs that [`INSTANCE_RUNS`] counts.
pub const COUNTED_RUNS: &str = "requested_at >= $4";

/// `accounts`: every account in scope with the figures of the Patching table. Parameters: those of [`INSTANCE_RUNS`].
pub const ACCOUNT_FIGURES: &str = concat!(
    include_str!("region_state.sql"),
    include_str!("instance_names.sql"),
    include_str!("instance_status.sql"),
    include_str!("instance_runs.sql"),
    include_str!("account_figures.sql")
);

/// `updates`: every update in scope with its instance, patch and due date. Parameters: those of [`REGION_STATE`];
/// `$3` now; `$4` what is due until this time is due soon.
pub const UPDATE_CLOCKS: &str = concat!(
    include_str!("region_state.sql"),
    include_str!("instance_names.sql"),
    include_str!("instance_approvals.sql"),
    include_str!("instance_policies.sql"),
    include_str!("update_clocks.sql"),
    include_str!("update_release_dates.sql"),
    include_str!("update_due_dates.sql")
);

/// What a statement needs to know of each update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateColumns {
    /// Its instance and patch.
    Names,
    /// Also its due date, if it has no release date.
    Undated,
    /// Everything.
    All,
}

/// Returns `updates` with these columns. Parameters: those of [`UPDATE_CLOCKS`], but no `$4` for names.
pub fn updates(columns: UpdateColumns) -> String {
    let columns = match columns {
        UpdateColumns::Names => include_str!("update_names.sql"),
        UpdateColumns::Undated => UNDATED_CLOCKS,
        UpdateColumns::All => return UPDATE_CLOCKS.to_owned(),
    };
    [include_str!("region_state.sql"), include_str!("instance_names.sql"), columns].concat()
}

/// Returns `updates` of the instances that are `with_names` already, for a statement that starts with these. Parameters:
/// `$3` and `$4` of [`UPDATE_CLOCKS`]. If none of them can have a release date, most of the statement is not needed.
pub fn update_clocks_of(has_release_dates: bool) -> &'static str {
    if has_release_dates { DATED_CLOCKS } else { UNDATED_CLOCKS }
}

const DATED_CLOCKS: &str = concat!(
    include_str!("instance_approvals.sql"),
    include_str!("instance_policies.sql"),
    include_str!("update_clocks.sql"),
    include_str!("update_release_dates.sql"),
    include_str!("update_due_dates.sql")
);

const UNDATED_CLOCKS: &str = concat!(
    ", with_approvals AS (SELECT *, NULL AS approval_rules, NULL AS approved_patches FROM with_names)\n",
    include_str!("instance_policies.sql"),
    include_str!("update_clocks.sql"),
    ", with_approval AS (SELECT *, NULL::DATE AS released_on, NULL::TIMESTAMP AS approved_at FROM with_month)\n",
    include_str!("update_due_dates.sql")
);

/// Returns `change`: what changed since the end of a day, without names. Parameters: those of [`REGION_STATE`]; `$3` the
/// day. Only where an account `has_former_owners`, its history decides what is compared.
pub fn changes(has_former_owners: bool) -> String {
    let (owned, update_states) =
        if has_former_owners { (include_str!("owned_states.sql"), "owned_states") } else { ("", "update_states") };
    [
        include_str!("region_state.sql"),
        include_str!("instance_names.sql"),
        include_str!("update_states.sql"),
        owned,
        &include_str!("changes.sql").replace("{update_states}", update_states),
    ]
    .concat()
}

/// `changes`: the rows of `shown_change`, which are all of `change` or some of them, with their names. Parameters: those of
/// [`changes`]; `$4` the first scan after the day.
pub const CHANGE_NAMES: &str = include_str!("change_names.sql");

/// The part of `listed_instance` that a statement reads. Of a past day only this part is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    Names,
    Status,
    /// With each instance's latest run, among the rows of `invocation` that fulfil this condition.
    Runs(&'static str),
}

/// Returns the SQL that computes the table `listed_region` from the tables behind it. `row_filter` is a condition on the
/// account.
pub fn listed_regions(row_filter: &str) -> String {
    include_str!("listed_region.sql").replace("{row_filter}", row_filter)
}

/// Returns the SQL that computes the table `listed_software` from inventories of the instances whose keys fulfil the condition
/// `keys`. `listed` is a statement that has them as `listed_instance` does.
pub fn listed_software(listed: &str, keys: &str) -> String {
    include_str!("listed_software.sql").replace("{listed}", listed).replace("{keys}", keys)
}

/// Returns the SQL that computes the table `latest_agent` from the instances of all accounts.
pub fn latest_agents() -> String {
    expand(include_str!("latest_agent.sql"))
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

/// Returns the SQL of everything in `listed_instance` but the latest run. `row_filter` is a condition on account and
/// Region.
pub fn listed_instance(row_filter: &str, keys: &str, pings: &str) -> String {
    let names = listed_name(row_filter, keys);
    let rows = include_str!("listed_instance.sql")
        .replace("{patch_policies}", PATCH_POLICIES)
        .replace("{keys}", keys)
        .replace("{pings}", pings)
        .replace("{row_filter}", row_filter);
    expand(&format!("WITH listed_name AS ({names})\n{rows}"))
}

/// Every patch policy of each instance. Names of `row_filter` and `keys` in braces.
const PATCH_POLICIES: &str = include_str!("patch_policies.sql");

/// Returns the SQL of every patch policy of the instances that fulfil the condition `keys`, in Regions that fulfil
/// `row_filter`: `instance_key`, `configuration_id` and `name`. The id is empty where nothing but the name is known.
pub fn patch_policies(row_filter: &str, keys: &str) -> String {
    expand(PATCH_POLICIES).replace("{row_filter}", row_filter).replace("{keys}", keys)
}

fn listed_name(row_filter: &str, keys: &str) -> String {
    expand(include_str!("listed_name.sql")).replace("{row_filter}", row_filter).replace("{keys}", keys)
}

/// Returns the SQL of each instance's latest finished Install run. `row_filter` is a condition on `invocation`.
pub fn latest_run(row_filter: &str) -> String {
    expand(include_str!("latest_run.sql")).replace("{row_filter}", row_filter)
}

/// How long a run counts towards *run success*.
const RUN_WINDOW: SignedDuration = SignedDuration::from_hours(30 * 24);
/// An update that is due within this time is due soon.
const DUE_SOON: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Times to patch include updates that were pending at any time in this window.
const PATCH_TIMES_WINDOW: SignedDuration = SignedDuration::from_hours(365 * 24);

/// The configured limits that definitions depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// An older scan is stale.
    pub stale_scan: SignedDuration,
    /// An older harvest is stale.
    pub stale_harvest: SignedDuration,
    /// Whether the owner of an account also sees what happened to it under former owners.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_starts_from_the_cache_reads_nothing_else_of_instances() {
        for definitions in [INSTANCE_NAMES, INSTANCE_STATUS, INSTANCE_RUNS, ACCOUNT_FIGURES] {
            let sql = from_cache(definitions, None);
            let names = ["(SELECT * FROM with_", "listed_instance", "cached_", "$3", "$4"];
            assert_eq!(names.map(|name| sql.matches(name).count()), [0; 5], "{sql}");
            assert!(sql.contains("instances AS (SELECT * FROM cache.instance"), "{sql}");
        }
    }
}
