//! What one pull of one systems account and Region brought: rows for the store, and what could not be read.
//!
//! `None` for a list means that it was not read, whether by plan or by failure; what is stored of it stays.

use super::{error::CollectError, known::ChangeKey};
use app::model::ids::{AccountId, InstanceId};
use jiff::Timestamp;
use std::collections::BTreeMap;

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
    /// `DescribeInstancePatches` of the instances whose change key moved: tables `patch_state`, `instance_update`.
    pub scans: Vec<ScanRecord>,
    /// `ListCommands`: table `run`.
    pub runs: Vec<RunRecord>,
    /// `ListCommandInvocations`: table `invocation`.
    pub invocations: Vec<InvocationRecord>,
    /// `GetInventory` of `AWS:Tag`: table `tag`.
    pub tags: Option<Vec<TagRecord>>,
    /// `GetInventory` of `AWS:Application`: table `software`. Only instances whose content hash moved.
    pub software: Vec<SoftwareRecord>,
    /// `DescribePatchBaselines`: table `patch_baseline`.
    pub patch_baselines: Option<Vec<PatchBaselineRecord>>,
    /// `DescribeMaintenanceWindows`: table `maintenance_window`.
    pub maintenance_windows: Option<Vec<MaintenanceWindowRecord>>,
    /// Whether the slow cycle was due and everything in it was read.
    pub slow_cycle_done: bool,
    /// Requests by operation, retries included.
    pub calls: BTreeMap<String, u64>,
    /// Rows received by operation.
    pub rows: BTreeMap<&'static str, u64>,
    pub errors: Vec<CollectError>,
}

/// One managed node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceRecord {
    pub instance_id: InstanceId,
    /// The activation's name; EC2 instances have theirs in the tag `Name`.
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

/// The state that one patch operation left on one instance, with all rows it reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanRecord {
    pub state: PatchStateRecord,
    pub updates: Vec<UpdateRecord>,
}

/// One row of `DescribeInstancePatchStates`. Counts are as reported: -1 happens.
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

/// One row of `DescribeInstancePatches`. (title, KB id) is its key: the KB id alone is not unique on Linux, and titles
/// are empty on some Windows rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateRecord {
    pub title: String,
    pub kb_id: String,
    pub classification: String,
    pub severity: String,
    pub state: String,
    pub installed_at: Option<Timestamp>,
    /// Separated by commas, as they come; only on Missing and Failed rows.
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
    /// The exit code of the step that ran on the instance's platform.
    pub response_code: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagRecord {
    pub instance_id: InstanceId,
    pub key: String,
    pub value: String,
}

/// The software of one instance, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoftwareRecord {
    pub instance_id: InstanceId,
    pub content_hash: String,
    pub captured_at: Option<Timestamp>,
    pub applications: Vec<ApplicationRecord>,
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
pub struct PatchBaselineRecord {
    pub baseline_id: String,
    pub name: String,
    pub operating_system: String,
    pub description: String,
    pub is_default: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaintenanceWindowRecord {
    pub window_id: String,
    pub name: String,
    pub enabled: bool,
    pub schedule: String,
    pub schedule_timezone: String,
    pub duration_hours: i32,
    pub next_execution_at: Option<Timestamp>,
}

impl Snapshot {
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
            tags: None,
            software: Vec::new(),
            patch_baselines: None,
            maintenance_windows: None,
            slow_cycle_done: false,
            calls: BTreeMap::new(),
            rows: BTreeMap::new(),
            errors: Vec::new(),
        }
    }

    /// Notes how many rows an operation gave, or why it gave none.
    pub fn take<T>(&mut self, operation: &'static str, result: Result<Vec<T>, CollectError>) -> Option<Vec<T>> {
        match result {
            Ok(rows) => {
                *self.rows.entry(operation).or_default() += rows.len() as u64;
                Some(rows)
            }
            Err(error) => {
                self.errors.push(error);
                None
            }
        }
    }

    pub fn total_calls(&self) -> u64 {
        self.calls.values().sum()
    }

    pub fn total_rows(&self) -> u64 {
        self.rows.values().sum()
    }
}
