//! The rows of the Patching table (Figure 11), and one account's page.

use super::{
    AccountId, AssociationRow, Chart, Freshness, HarvestRow, HarvestState, MaintenanceWindowRow, PatchBaselineRow,
    PatchPolicyRow, Provider, RunRow, SeverityCount, StatusCounts, column::Columns, nodes::UnmanagedInstances,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One account, as the Patching table, JSON and CSV show it. The field names are the contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountRow {
    pub provider: Provider,
    pub account_id: AccountId,
    #[column(heading = "Account", sort)]
    pub account_name: String,
    #[column(no_csv)]
    pub customer_id: String,
    pub customer_name: String,
    /// Current instances: those that the last good harvest saw.
    #[column(heading = "Instances", sort = desc)]
    pub instances: u64,
    /// Current instances whose SSM Agent answers.
    #[column(heading = "Online", sort)]
    pub online_instances: u64,
    /// Missing or failed updates on current instances.
    #[column(heading = "Pending OS updates", sort = desc, default)]
    pub pending_os_updates: u64,
    /// Current instances with a missing or failed update.
    pub instances_pending_os_updates: u64,
    /// Instances whose SSM Agent is not the latest.
    #[column(heading = "Pending agent updates", sort = desc)]
    pub pending_agent_updates: u64,
    /// `runs_succeeded` of `runs_total` in percent, rounded down to one decimal; none when there was no run.
    #[column(heading = "Run success", unit = "%", sort)]
    pub run_success_percent: Option<f64>,
    /// Instances whose latest finished Install run of the last 30 days succeeded.
    pub runs_succeeded: u64,
    /// Instances with a finished Install run in the last 30 days.
    pub runs_total: u64,
    /// The newest scan among current instances.
    pub last_scan_at: Option<Timestamp>,
    /// The oldest of the Regions' last good harvests.
    #[column(heading = "Harvested (UTC)", sort)]
    pub last_harvest_at: Option<Timestamp>,
    /// The harvest state of the worst Region. Unless it is `fresh`, figures are older or incomplete; if it is `never`, no
    /// figure includes that Region.
    pub harvest_state: HarvestState,
    #[column(flatten, no_csv)]
    pub status: StatusCounts,
    /// Security updates that are available on current instances and not approved by their baseline yet.
    pub available_security_updates: u64,
    /// Installed updates on current instances that their baseline rejects.
    pub installed_rejected: u64,
    /// Current instances of which AWS counts updates that need work and does not list them.
    pub instances_details_missing: u64,
    /// EC2 instances that Systems Manager does not manage, so that nothing is known of their updates; none where AWS does not
    /// list them. An account with more than 1,000 of them has 1,000.
    pub unmanaged_instances: Option<u64>,
}

impl AccountRow {
    /// Returns whether the figures are not zero but unknown, because a Region was never harvested and no other has any.
    pub fn is_unknown(&self) -> bool {
        self.harvest_state == HarvestState::Never && self.instances == 0
    }

    /// The sums of this account alone.
    pub fn totals(&self) -> AccountTotals {
        AccountTotals {
            accounts: 1,
            providers: 1,
            instances: self.instances,
            online_instances: self.online_instances,
            pending_os_updates: self.pending_os_updates,
            instances_pending_os_updates: self.instances_pending_os_updates,
            pending_agent_updates: self.pending_agent_updates,
            runs_succeeded: self.runs_succeeded,
            runs_total: self.runs_total,
            available_security_updates: self.available_security_updates,
            installed_rejected: self.installed_rejected,
            instances_details_missing: self.instances_details_missing,
        }
    }
}

/// The sums under the Patching table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountTotals {
    pub accounts: u64,
    pub providers: u64,
    pub instances: u64,
    pub online_instances: u64,
    pub pending_os_updates: u64,
    pub instances_pending_os_updates: u64,
    pub pending_agent_updates: u64,
    pub runs_succeeded: u64,
    pub runs_total: u64,
    pub available_security_updates: u64,
    pub installed_rejected: u64,
    pub instances_details_missing: u64,
}

/// A patch group of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
pub struct PatchGroupRow {
    /// Empty for instances outside any group.
    pub patch_group: String,
    pub instances: u64,
    #[column(flatten)]
    pub status: StatusCounts,
}

/// Everything on `/accounts/{account}` beside its lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountPage {
    pub freshness: Freshness,
    pub account: AccountRow,
    pub systems_account: String,
    pub harvests: Vec<HarvestRow>,
    pub patch_groups: Vec<PatchGroupRow>,
    pub maintenance_windows: Vec<MaintenanceWindowRow>,
    pub patch_policies: Vec<PatchPolicyRow>,
    pub patch_baselines: Vec<PatchBaselineRow>,
    pub associations: Vec<AssociationRow>,
    /// What limits the account, as sentences for a person.
    pub notices: Vec<String>,
    /// The EC2 instances that Systems Manager does not manage, if AWS lists them.
    pub unmanaged: Option<UnmanagedInstances>,
    /// The newest runs.
    pub runs: Vec<RunRow>,
    pub severities: Vec<SeverityCount>,
    /// Since when the first of the available security updates has been waiting.
    pub available_since: Option<Timestamp>,
    pub trend: Chart,
    pub severity: Chart,
}
