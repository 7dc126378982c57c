//! One managed node: as a row of a list, and as its own page.

use super::{
    AccountId, Freshness, HarvestState, InstanceId, InstanceState, NextStart, PatchPolicyRow, PatchStatus, Provider,
    RunFailures, UpdateState, column::Columns,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One instance, as lists, JSON and CSV show it. The field names are the contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InstanceRow {
    /// The Name tag, the activation's name, the computer name, or else the id.
    #[column(heading = "Instance", sort)]
    pub name: String,
    pub instance_id: InstanceId,
    pub provider: Provider,
    pub account_id: AccountId,
    #[column(heading = "Account", sort)]
    pub account_name: String,
    #[column(no_csv)]
    pub customer_id: String,
    pub customer_name: String,
    pub region: String,
    /// The operating system's name as Systems Manager reports it.
    #[column(heading = "Operating system", sort)]
    pub platform_name: String,
    pub platform_version: String,
    /// The version of the SSM Agent.
    #[column(heading = "Agent", class = "detail", sort)]
    pub agent_version: String,
    /// False when a newer agent exists, null when nothing tells.
    pub agent_is_latest: Option<bool>,
    /// Whether `instance_state` is `online`.
    pub online: bool,
    /// Whether the instance runs and its SSM Agent answers, and when the agent last did.
    #[column(heading = "State", absent = "Never", class = "", sort)]
    pub last_ping_at: Option<Timestamp>,
    /// Sorted worst first: failed, pending, details missing, pending reboot, non-compliant, unsupported, stale, no data; the most
    /// critical within each.
    #[column(heading = "Patch status", sort = desc, key = "worst", default)]
    pub patch_status: PatchStatus,
    /// Updates that are missing.
    #[column(heading = "Missing", sort = desc)]
    pub missing: u64,
    /// Missing or failed updates whose severity is critical.
    #[column(heading = "Critical", sort = desc)]
    pub critical_missing: u64,
    /// Updates that failed to install.
    #[column(heading = "Failed", sort = desc)]
    pub failed: u64,
    /// Updates that are installed and wait for a reboot.
    #[column(heading = "Reboot", sort = desc)]
    pub pending_reboot: u64,
    /// Empty for instances outside any group.
    #[column(heading = "Patch group", class = "detail", absent = "None", sort)]
    pub patch_group: String,
    /// The end of the last patch operation.
    #[column(heading = "Last scan (UTC)", absent = "Never", sort)]
    pub last_scan_at: Option<Timestamp>,
    pub last_harvest_at: Option<Timestamp>,
    /// When it was registered with Systems Manager.
    #[column(heading = "Registered (UTC)", class = "numeric detail", absent = "Unknown", sort)]
    pub registered_at: Option<Timestamp>,
    /// Whether the instance runs, as far as is known.
    pub instance_state: InstanceState,
    /// Security updates that are available and not approved by the baseline yet. Reported on Windows only.
    #[column(heading = "Available", sort = desc)]
    pub available_security_updates: u64,
    /// Installed updates that the baseline rejects.
    #[column(heading = "Rejected", hidden, sort = desc)]
    pub installed_rejected: u64,
    /// Updates that need work by the counts of AWS, and are not in its list.
    #[column(heading = "Details missing", hidden, sort = desc)]
    pub details_missing: u64,
    /// The patch policies of Quick Setup that patch it, by name, separated by commas. They overrule its patch group.
    #[column(heading = "Patch policy", absent = "None", hidden, sort)]
    pub patch_policy: String,
}

/// The number of an instance's updates in one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StateCount {
    pub state: UpdateState,
    pub updates: u64,
}

/// What a step of a run printed on the instance: without secrets, and with long texts cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepOutput {
    pub command_id: String,
    pub step: String,
    pub standard_output: String,
    pub standard_error: String,
}

/// The same machine under another id: a hybrid one gets a new id each time it is registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Registration {
    pub instance_id: InstanceId,
    pub region: String,
    pub registered_at: Option<Timestamp>,
    pub first_seen_at: Timestamp,
    pub gone_at: Option<Timestamp>,
    /// Whether it was registered before the instance of the page.
    pub earlier: bool,
    /// Whether enrollment attested that both are the same, so that their histories are one.
    pub is_attested: bool,
}

/// Everything on `/instances/{instance}` beside its lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InstancePage {
    #[column(skip)]
    pub freshness: Freshness,
    #[column(flatten)]
    pub instance: InstanceRow,
    pub computer_name: String,
    pub ip_address: String,
    pub platform_type: String,
    #[column(skip)]
    pub resource_type: String,
    pub registered_at: Option<Timestamp>,
    pub first_seen_at: Timestamp,
    /// When a good harvest first found it terminated or no longer registered; none while it is there, also stopped.
    pub gone_at: Option<Timestamp>,
    pub harvest_state: HarvestState,
    #[column(skip)]
    pub baseline_id: String,
    /// `Scan` or `Install`: the last patch operation.
    #[column(skip)]
    pub last_operation: String,
    /// Whether an override list, and not the baseline, said what the last operation installs.
    #[column(skip)]
    pub install_override: bool,
    /// The newest agent version known in its Region, when this instance's is older.
    pub latest_agent_version: Option<String>,
    /// The patch policies that patch it, and those of which that is not known.
    #[column(skip)]
    pub patch_policies: Vec<PatchPolicyRow>,
    #[column(skip)]
    pub states: Vec<StateCount>,
    /// Changes of its updates, under all of its attested registrations.
    #[column(skip)]
    pub transitions: u64,
    #[column(skip)]
    pub software: u64,
    /// Results of runs, under all of its attested registrations.
    #[column(skip)]
    pub runs: u64,
    #[column(skip)]
    pub tags: Vec<(String, String)>,
    /// The instance that counts in its place, if it is the same machine; empty otherwise.
    pub duplicate_of: String,
    /// What inventory says of it: `Active`, `ConnectionLost`, `Stopped` or `Terminated`; empty when it says nothing.
    #[column(skip)]
    pub node_status: String,
    /// `standard` or `advanced` for a hybrid instance; empty otherwise, or where it is not known.
    #[column(skip)]
    pub activation_tier: String,
    /// Its processors in words; empty when inventory does not say.
    #[column(skip)]
    pub hardware: String,
    /// What the newest failed steps printed.
    #[column(skip)]
    pub failed_outputs: Vec<StepOutput>,
    /// The Install runs that failed since the last that succeeded; none if the latest succeeded or there is none.
    #[column(skip)]
    pub failing: Option<RunFailures>,
    /// When it is patched next, by the windows and policies that are known; none within three months.
    #[column(skip)]
    pub next_start: Option<NextStart>,
    /// Why it may be offline, or why figures may be missing: sentences for a person, worst first.
    #[column(skip)]
    pub hints: Vec<String>,
    /// The same machine under other ids, the newest first, where more than its name tells that it is the same.
    #[column(skip)]
    pub registrations: Vec<Registration>,
}
