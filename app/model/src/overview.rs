//! The overview page.

use super::{
    AccountId, AccountRow, AccountTotals, Chart, Freshness, MissingPatch, Page, Provider, SeverityCount, StatusCounts,
    column::Columns,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A value that a filter can take, with the number of instances that it would leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
pub struct Choice {
    pub code: String,
    pub label: String,
    pub instances: u64,
}

/// The values that the filters above a list offer, within the caller's scope.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    pub customers: Vec<Choice>,
    pub providers: Vec<Choice>,
    pub accounts: Vec<Choice>,
    pub platforms: Vec<Choice>,
    pub patch_groups: Vec<Choice>,
}

/// Why an account is on the list of those that need attention, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttentionReason {
    HarvestFailing,
    FailedInstances,
    FailedRuns,
    PendingInstances,
    DetailsMissing,
    StaleInstances,
    PendingReboot,
    NonCompliant,
}

/// One line under "Needs attention".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    pub provider: Provider,
    pub account_id: AccountId,
    pub account_name: String,
    pub reason: AttentionReason,
    /// The number of instances concerned; for `HarvestFailing`, of failing operations.
    pub count: u64,
    /// The sentence that explains it, with its own figures.
    pub why: String,
    /// The list behind the figure, as a path with its query.
    pub href: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    pub freshness: Freshness,
    pub choices: Choices,
    /// Of all accounts of the chosen customer and provider, as the cards count.
    pub status: StatusCounts,
    pub fleet: AccountTotals,
    /// Of the accounts that the table's own filters leave.
    pub totals: AccountTotals,
    pub accounts: Page<AccountRow>,
    pub trend: Chart,
    pub severities: Vec<SeverityCount>,
    /// Since when the first of the available security updates has been waiting.
    pub available_since: Option<Timestamp>,
    pub severity: Chart,
    pub top_missing: Vec<MissingPatch>,
    pub attention: Vec<Attention>,
}
