//! The overview page.

use super::{
    AccountFilter, AccountId, AccountRow, AccountTotals, Chart, Due, Freshness, InstanceFilter, Page, PatchRow,
    PatchStatus, Provider, RunFilter, SeverityCount, StatusCounts, UpdateFilter, code::codes, column::Columns,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray};

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

/// What needs attention in an account or in all accounts of a customer, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum AttentionReason {
    #[strum(message = "Harvest failing")]
    HarvestFailing,
    #[strum(message = "Overdue updates")]
    OverdueUpdates,
    #[strum(message = "Failed updates")]
    FailedInstances,
    #[strum(message = "Failed runs")]
    FailedRuns,
    #[strum(message = "Pending updates")]
    PendingInstances,
    #[strum(message = "Details missing")]
    DetailsMissing,
    #[strum(message = "Stale scans")]
    StaleInstances,
    #[strum(message = "Never scanned")]
    NeverScanned,
    #[strum(message = "Pending reboot")]
    PendingReboot,
    #[strum(message = "Non-compliant")]
    NonCompliant,
    #[strum(message = "Unsupported")]
    Unsupported,
}

codes!(all AttentionReason);

impl AttentionReason {
    /// The list of what is concerned, as a path with its query; `among` selects an account or a customer.
    pub fn list(self, among: InstanceFilter) -> String {
        let status =
            |status| format!("/instances?{}", InstanceFilter { status: Some(status), ..among.clone() }.to_query());
        match self {
            Self::HarvestFailing => match among.account {
                Some(account) => format!("/accounts/{account}"),
                None => {
                    format!("/?{}", AccountFilter { customer: among.customer, ..AccountFilter::default() }.to_query())
                }
            },
            Self::OverdueUpdates => {
                let InstanceFilter { customer, provider, account, .. } = among;
                let due = Some(Due::Overdue);
                let filter = UpdateFilter { customer, provider, account, due, ..UpdateFilter::default() };
                format!("/updates/list?{}", filter.to_query())
            }
            Self::FailedInstances => status(PatchStatus::Failed),
            Self::FailedRuns => {
                format!("/instances?{}", InstanceFilter { run: Some(RunFilter::Failed), ..among }.to_query())
            }
            Self::PendingInstances => status(PatchStatus::Pending),
            Self::DetailsMissing => status(PatchStatus::DetailsMissing),
            Self::StaleInstances => status(PatchStatus::Stale),
            Self::NeverScanned => status(PatchStatus::NoData),
            Self::PendingReboot => status(PatchStatus::PendingReboot),
            Self::NonCompliant => status(PatchStatus::NonCompliant),
            Self::Unsupported => status(PatchStatus::Unsupported),
        }
    }
}

/// One line under "Needs attention".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    pub provider: Provider,
    pub account_id: AccountId,
    pub account_name: String,
    pub reason: AttentionReason,
    /// The number of instances concerned; for `HarvestFailing`, of accounts.
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
    pub top_missing: Vec<PatchRow>,
    /// The worst accounts of those that need attention.
    pub attention: Vec<Attention>,
    /// All accounts that need attention.
    pub accounts_with_attention: u64,
}
