//! One patch on many instances: the updates of the same title and name.

use super::{AccountId, Chart, Freshness, Provider, SeverityBand, StateCount, column::Columns};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// One patch, with the updates that the filter selects. The field names are the contract of the patches CSV and JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PatchRow {
    /// The title, or the name where the vendor gave none.
    #[column(heading = "Update", class = "wide-text", sort)]
    pub description: String,
    /// The title as it was reported.
    pub title: String,
    /// The KB id or `package.architecture`.
    #[column(heading = "Name", class = "mono", sort)]
    pub name: String,
    /// The most severe of the reported severities.
    #[column(heading = "Severity", sort = desc)]
    pub severity: String,
    /// The severity on the common scale. The priorities of apt are unrated.
    pub severity_band: SeverityBand,
    #[column(heading = "Classification", sort)]
    pub classification: String,
    /// Current instances with the update in one of the selected states.
    #[column(heading = "Instances", sort = desc, default)]
    pub instances: u64,
    /// Of these, instances on which it failed to install.
    #[column(heading = "Failed", sort = desc)]
    pub failed: u64,
    /// The accounts of these instances.
    #[column(heading = "Accounts", sort = desc)]
    pub accounts: u64,
    /// The customers of these instances.
    pub customers: u64,
    /// Since when it has been missing or failed without interruption on the instance that has lacked it longest.
    #[column(heading = "Pending since (UTC)", absent = "Not pending", sort)]
    pub oldest_pending_since: Option<Timestamp>,
    /// The first due date among these updates, past or not.
    #[column(heading = "First due (UTC)", absent = "None", sort)]
    pub next_due_at: Option<Timestamp>,
    /// Of these updates, those that are overdue.
    #[column(heading = "Overdue", sort = desc)]
    pub overdue: u64,
    /// When it was first seen on any of these instances.
    #[column(heading = "First seen (UTC)", sort = desc)]
    pub first_seen_at: Timestamp,
    pub cve_ids: Vec<String>,
    /// Since when the first of its CVEs is known to be exploited, by the catalogues that were imported.
    #[column(heading = "Exploited since", absent = "", sort)]
    pub exploited_on: Option<Date>,
}

/// One account in which instances have, or lack, a patch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PatchAccountRow {
    pub account_id: AccountId,
    pub account_name: String,
    pub provider: Provider,
    pub customer_name: String,
    pub missing: u64,
    pub failed: u64,
    pub pending_reboot: u64,
    /// Installed, by the baseline or not.
    pub installed: u64,
}

/// How installing a patch went, in numbers of instances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PatchOutcome {
    /// Instances on which it was installed after it had been missing, or failed to install.
    pub attempted: u64,
    /// Of these, instances on which it failed at least once.
    pub failed: u64,
    /// Of these, instances on which it was missing or failed again after it had been installed.
    pub regressed: u64,
}

/// The share of instances, in percent, from which on a patch fails often.
const OFTEN_PERCENT: u64 = 10;

/// The fewest instances of which this is said.
const OFTEN_INSTANCES_MIN: u64 = 10;

impl PatchOutcome {
    pub fn fails_often(self) -> bool {
        self.attempted >= OFTEN_INSTANCES_MIN && 100 * self.failed >= OFTEN_PERCENT * self.attempted
    }
}

impl OutcomeElsewhere {
    pub fn fails_often(self) -> bool {
        self.failed_percent >= OFTEN_PERCENT
    }
}

/// How installing a patch went for other customers: shares of the instances on which it was tried, rounded down to 5 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OutcomeElsewhere {
    /// The share on which it failed at least once.
    pub failed_percent: u64,
    /// The share on which it was missing again later.
    pub regressed_percent: u64,
}

/// Everything on `/updates/{patch}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PatchPage {
    pub freshness: Freshness,
    /// The patches of this name, with the updates in any state: on Linux, a name has a title for each version.
    pub patches: Vec<PatchRow>,
    /// Of all these patches together, as everything that follows.
    pub states: Vec<StateCount>,
    /// The accounts with the most instances that lack it first.
    pub accounts: Vec<PatchAccountRow>,
    pub outcome: PatchOutcome,
    /// Of at least five customers that are not in scope, and 20 instances of theirs. None if there are fewer, if all are in scope, on
    /// a past day, and for several patches together.
    pub elsewhere: Option<OutcomeElsewhere>,
    /// The share of instances that still lack it, by day.
    pub curve: Chart,
}
