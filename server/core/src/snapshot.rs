//! The result of one pull of one systems account and Region: rows for the store, and errors.
//!
//! A list that is `None` was not read, because it was not due or failed; the store keeps the rows that it has.

use super::known::ChangeKey;
use jiff::Timestamp;
use muster_model::{
    harvest::ErrorClass,
    ids::{AccountId, InstanceId},
};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};

/// The inventory types whose content hashes are stored.
pub const APPLICATION: &str = "AWS:Application";
pub const WINDOWS_UPDATE: &str = "AWS:WindowsUpdate";
pub const DETAILED_INFORMATION: &str = "AWS:InstanceDetailedInformation";

/// One systems account in one Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub account_id: AccountId,
    pub systems_account: String,
    pub role_arn: String,
    pub external_id: String,
    pub region: String,
}

#[derive(Clone, Debug)]
pub struct Snapshot {
    pub account_id: AccountId,
    pub region: String,
    pub started_at: Timestamp,
    pub finished_at: Timestamp,
    /// `DescribeInstanceInformation`: table `instance`.
    pub instances: Option<Vec<InstanceRecord>>,
    /// `DescribeInstancePatches` of the instances whose change key has changed: tables `patch_state`, `instance_update`.
    pub scans: Vec<ScanRecord>,
    /// `ListCommands`: table `run`.
    pub runs: Vec<RunRecord>,
    /// `ListCommandInvocations`: table `invocation`.
    pub invocations: Vec<InvocationRecord>,
    /// `GetCommandInvocation` of failed results: table `invocation_output`.
    pub outputs: Vec<OutputRecord>,
    pub reference_data: ReferenceData,
    /// Requests by operation, retries included.
    pub calls: BTreeMap<String, u64>,
    /// Rows received by operation.
    pub rows: BTreeMap<&'static str, u64>,
    pub errors: Vec<OperationError>,
}

/// Data that changes seldom and is read on a slower schedule. Empty when it was not due.
#[derive(Clone, Debug, Default)]
pub struct ReferenceData {
    /// Whether it was due and every operation succeeded.
    pub is_complete: bool,
    /// `GetInventory` of `AWS:Tag`: table `tag`.
    pub tags: Option<Vec<TagRecord>>,
    /// `GetInventory` of `AWS:InstanceInformation`: table `node`.
    pub nodes: Option<Vec<NodeRecord>>,
    /// `GetInventory` of `AWS:Application`: table `software`. This and the next two have only instances whose content hash
    /// has changed.
    pub software: Vec<InventoryRecord<ApplicationRecord>>,
    /// `GetInventory` of `AWS:WindowsUpdate`: table `hotfix`.
    pub hotfixes: Vec<InventoryRecord<HotfixRecord>>,
    /// `GetInventory` of `AWS:InstanceDetailedInformation`: table `hardware`.
    pub hardware: Vec<InventoryRecord<HardwareRecord>>,
    /// `DescribePatchBaselines`: table `patch_baseline`.
    pub patch_baselines: Option<Vec<PatchBaselineRecord>>,
    /// `GetPatchBaseline`: tables `patch_baseline_detail` and `patch_rule`.
    pub patch_baseline_rules: Vec<PatchBaselineRules>,
    /// `DescribePatchGroups`: table `patch_group`.
    pub patch_groups: Option<Vec<PatchGroupRecord>>,
    /// `DescribeMaintenanceWindows` with targets and tasks: tables `maintenance_window`, `window_target`, `window_task`.
    pub maintenance_windows: Option<Vec<MaintenanceWindowRecord>>,
    pub window_targets: Option<Vec<WindowTargetRecord>>,
    pub window_tasks: Option<Vec<WindowTaskRecord>>,
    /// `DescribeMaintenanceWindowExecutions`: table `window_execution`.
    pub window_executions: Vec<WindowExecutionRecord>,
    /// `ListAssociations`: table `association`.
    pub associations: Option<Vec<AssociationRecord>>,
}

/// An operation that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationError {
    /// AWS's name of the operation.
    pub operation: &'static str,
    pub class: ErrorClass,
    /// AWS's error code, or our own where AWS sent none.
    pub code: String,
    pub message: String,
}

/// One instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceRecord {
    pub instance_id: InstanceId,
    /// The activation's name; EC2 instances have a tag `Name` instead.
    pub name: String,
    pub computer_name: String,
    pub ip_address: String,
    pub platform_type: String,
    pub platform_name: String,
    pub platform_version: String,
    pub agent_version: String,
    pub agent_is_latest: Option<bool>,
    pub ping_status: String,
    pub last_ping_at: Option<Timestamp>,
    pub resource_type: String,
    pub source_type: String,
    pub registered_at: Option<Timestamp>,
    pub association_status: String,
}

/// The patch state that one operation left on one instance, with all updates that it reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanRecord {
    pub state: PatchStateRecord,
    pub updates: Vec<UpdateRecord>,
}

/// One row of `DescribeInstancePatchStates`. Counts are as reported, which includes -1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchStateRecord {
    pub instance_id: InstanceId,
    pub patch_group: String,
    pub key: ChangeKey,
    pub operation_start_at: Option<Timestamp>,
    pub reboot_option: String,
    pub installed_count: i64,
    pub installed_other_count: i64,
    pub installed_pending_reboot_count: i64,
    pub installed_rejected_count: i64,
    pub missing_count: i64,
    pub failed_count: i64,
    pub not_applicable_count: i64,
    pub critical_non_compliant_count: i64,
    pub security_non_compliant_count: i64,
    pub other_non_compliant_count: i64,
}

/// One row of `DescribeInstancePatches`. A pull has tens of thousands, most of them alike, so equal parts are shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateRecord {
    pub patch: Arc<PatchRecord>,
    pub state: Arc<str>,
    pub installed_at: Option<Timestamp>,
}

/// The patch of an update. Its key is title and KB id: the KB id alone is not unique on Linux, and some Windows rows have
/// no title.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PatchRecord {
    pub title: String,
    pub kb_id: String,
    pub classification: String,
    pub severity: String,
    /// Separated by commas; only on Missing and Failed rows.
    pub cve_ids: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecord {
    pub command_id: String,
    pub document_name: String,
    pub operation: String,
    pub requested_at: Option<Timestamp>,
    pub status: String,
    pub status_details: String,
    pub target_count: i64,
    pub completed_count: i64,
    pub error_count: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvocationRecord {
    pub command_id: String,
    pub instance_id: InstanceId,
    pub document_name: String,
    pub requested_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub status: String,
    pub status_details: String,
    /// The step that ran on the instance's platform, if one did.
    pub step: Option<String>,
    /// The step's exit code.
    pub response_code: Option<i64>,
}

/// What one step of one result printed, redacted and truncated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputRecord {
    pub command_id: String,
    pub instance_id: InstanceId,
    pub step: String,
    pub status: String,
    pub response_code: i64,
    pub standard_output: String,
    pub standard_error: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagRecord {
    pub instance_id: InstanceId,
    pub key: String,
    pub value: String,
}

/// An instance in inventory, which also has stopped and terminated ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRecord {
    pub instance_id: InstanceId,
    /// `Active`, `ConnectionLost`, `Stopped` or `Terminated`.
    pub status: String,
    pub computer_name: String,
    pub platform_name: String,
    pub platform_version: String,
}

/// All rows of one inventory type of one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InventoryRecord<Row> {
    pub instance_id: InstanceId,
    pub content_hash: String,
    pub captured_at: Option<Timestamp>,
    pub rows: Vec<Row>,
    /// The number of rows beyond AWS's own maximum, which are dropped.
    pub left_out: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationRecord {
    pub name: String,
    pub version: String,
    pub publisher: String,
    pub architecture: String,
    pub installed_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HotfixRecord {
    pub hot_fix_id: String,
    pub description: String,
    pub installed_by: String,
    pub installed_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HardwareRecord {
    pub cpu_model: String,
    pub cpus: Option<i32>,
    pub cpu_cores: Option<i32>,
    pub cpu_sockets: Option<i32>,
    pub cpu_speed_mhz: Option<i32>,
    pub os_service_pack: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchBaselineRecord {
    pub baseline_id: String,
    pub name: String,
    pub operating_system: String,
    pub description: String,
    pub is_default: bool,
}

/// What a baseline approves, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchBaselineRules {
    pub baseline_id: String,
    pub rules: Vec<PatchRuleRecord>,
    /// Separated by spaces.
    pub approved_patches: String,
    pub rejected_patches: String,
    pub rejected_patches_action: String,
    pub created_at: Option<Timestamp>,
    pub modified_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchRuleRecord {
    pub approve_after_days: Option<i32>,
    pub approve_until: String,
    pub compliance_level: String,
    pub enable_non_security: bool,
    pub filters: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchGroupRecord {
    pub patch_group: String,
    pub baseline_id: String,
    pub operating_system: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaintenanceWindowRecord {
    pub window_id: String,
    pub name: String,
    pub enabled: bool,
    pub schedule: String,
    pub schedule_timezone: String,
    pub duration_hours: i32,
    pub cutoff_hours: i32,
    pub next_execution_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowTargetRecord {
    pub window_id: String,
    pub target_id: String,
    pub name: String,
    pub targets: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowTaskRecord {
    pub window_id: String,
    pub task_id: String,
    pub name: String,
    pub task_type: String,
    /// The document's name when the task is a command.
    pub task_arn: String,
    pub priority: i32,
    pub max_concurrency: String,
    pub max_errors: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowExecutionRecord {
    pub window_id: String,
    pub execution_id: String,
    pub status: String,
    pub status_details: String,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

/// A schedule of State Manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssociationRecord {
    pub association_id: String,
    pub name: String,
    pub document_name: String,
    pub schedule: String,
    pub targets: String,
    pub status: String,
    pub detailed_status: String,
    pub succeeded: i32,
    pub failed: i32,
    pub last_execution_at: Option<Timestamp>,
}

/// How a harvest ended, as it is stored and reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HarvestOutcome {
    Ok,
    /// The instances were read, but some other operation failed.
    Partial,
    Failed,
}

impl HarvestOutcome {
    pub fn code(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Partial => "partial",
            Self::Failed => "failed",
        }
    }
}

impl Snapshot {
    pub fn outcome(&self) -> HarvestOutcome {
        match (&self.instances, self.errors.is_empty()) {
            (Some(_), true) => HarvestOutcome::Ok,
            (Some(_), false) => HarvestOutcome::Partial,
            (None, _) => HarvestOutcome::Failed,
        }
    }

    pub fn empty(target: &Target, started_at: Timestamp) -> Self {
        Self {
            account_id: target.account_id.clone(),
            region: target.region.clone(),
            started_at,
            finished_at: started_at,
            instances: None,
            scans: Vec::new(),
            runs: Vec::new(),
            invocations: Vec::new(),
            outputs: Vec::new(),
            reference_data: ReferenceData::default(),
            calls: BTreeMap::new(),
            rows: BTreeMap::new(),
            errors: Vec::new(),
        }
    }

    pub fn total_calls(&self) -> u64 {
        self.calls.values().sum()
    }

    pub fn total_rows(&self) -> u64 {
        self.rows.values().sum()
    }
}
