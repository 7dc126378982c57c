//! What is set up for an account's instances: maintenance windows, patch policies, patch baselines and
//! associations.

use super::column::Columns;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A maintenance window with its tasks and its last execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
pub struct MaintenanceWindowRow {
    pub window_id: String,
    pub name: String,
    pub region: String,
    pub enabled: bool,
    /// As Systems Manager writes it: `cron(…)`, `rate(…)` or `at(…)`.
    pub schedule: String,
    pub schedule_timezone: String,
    pub duration_hours: u32,
    /// Registered targets; each may stand for many instances.
    pub targets: u64,
    /// What its tasks run, in their order.
    pub tasks: Vec<String>,
    pub next_execution_at: Option<Timestamp>,
    pub last_execution_at: Option<Timestamp>,
    /// `SUCCESS`, `FAILED`…; empty when none was ever seen.
    pub last_status: String,
}

/// A patch policy of Quick Setup. Where only the tags of its instances are known, all but name and Region is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PatchPolicyRow {
    pub configuration_id: String,
    pub name: String,
    pub region: String,
    /// `Scan` or `ScanAndInstall`.
    pub operation: String,
    /// As Systems Manager writes it, in UTC.
    pub scan_schedule: String,
    /// Whether the first scan waits for its schedule instead of following the deployment.
    pub scan_waits: bool,
    pub install_schedule: String,
    pub install_waits: bool,
    /// `RebootIfNeeded` or `NoReboot`.
    pub reboot_option: String,
    /// The baselines that it overrides all others with, by operating system.
    pub baselines: Vec<String>,
    /// `*`, `InstanceIds`, `ResourceGroups` or `Tags`.
    pub target_type: String,
    /// The tag as `key=value`, the resource group, or the instances' ids separated by commas.
    pub target: String,
    /// Whether its target accounts and Regions include this one.
    pub is_target: bool,
    /// The state of its deployment: `SUCCEEDED`, `FAILED`…
    pub status: String,
    pub modified_at: Option<Timestamp>,
    /// Current instances that it patches, of the account and Region.
    pub instances: u64,
    /// Whether it is known that it patches the instance of the page. The members of resource groups are not known.
    pub is_known: bool,
}

/// A patch baseline that the account made, or that its patch groups or instances use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
pub struct PatchBaselineRow {
    pub baseline_id: String,
    pub name: String,
    pub region: String,
    pub operating_system: String,
    /// The baseline of instances outside any patch group.
    pub is_default: bool,
    pub patch_groups: Vec<String>,
    /// Current instances whose last patch operation used it.
    pub instances: u64,
    /// Whether instances with available security updates are non-compliant: `NON_COMPLIANT`, `COMPLIANT`, or empty where the
    /// baseline does not say or was not read.
    pub available_security_updates_compliance: String,
    /// Its approval rules; none where they could not be read yet.
    #[column(skip)]
    pub rules: Option<Vec<ApprovalRule>>,
}

/// When a baseline approves an update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRule {
    /// Days after release; none on systems with apt, and where `approve_until` counts.
    pub approve_after_days: Option<u32>,
    /// The last day whose releases are approved; empty where days count.
    pub approve_until: String,
}

/// An association of State Manager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
pub struct AssociationRow {
    pub association_id: String,
    /// Its own name, or else its document's.
    pub name: String,
    pub document_name: String,
    pub region: String,
    pub schedule: String,
    pub status: String,
    /// Instances on which its last execution succeeded.
    pub succeeded: u64,
    /// Instances on which its last execution failed.
    pub failed: u64,
    pub last_execution_at: Option<Timestamp>,
}
