//! The result of one pull of one systems account and Region: rows for the store, and errors. A long pull is stored in several
//! slices, each of which is a snapshot.
//!
//! A list that is `None` was not read, because it was not due or failed; the store keeps the rows that it has.

use super::{
    known::ChangeKey,
    reference_data::{ReferenceData, rows_of},
};
use crate::records;
use jiff::Timestamp;
use muster_model::{
    harvest::ErrorClass,
    ids::{AccountId, InstanceId},
};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};

/// One systems account in one Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub account_id: AccountId,
    pub systems_account: String,
    pub role_arn: String,
    pub external_id: String,
    pub region: String,
    /// All Regions of the account, in the order of the roster.
    pub account_regions: Vec<String>,
}

/// What a harvest added to the store, up to a slice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub harvest_id: i64,
    pub transitions: u64,
}

#[derive(Clone, Debug)]
pub struct Snapshot {
    pub account_id: AccountId,
    pub region: String,
    pub started_at: Timestamp,
    pub finished_at: Timestamp,
    /// Whether it completes its harvest. The slices before have only new instances, updates and inventory.
    pub is_last: bool,
    /// What the slices before it added.
    pub earlier: Option<Written>,
    /// `DescribeInstanceInformation` and `DescribeInstanceProperties`: table `instance`.
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

/// An operation that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OperationError {
    /// AWS's name of the operation.
    pub operation: &'static str,
    pub class: ErrorClass,
    /// AWS's error code, or our own where AWS sent none.
    pub code: String,
    pub message: String,
}

/// Operations without which everything is read that figures of patching are made of: the first only saves requests, the
/// second only adds a notice, the next two are what AWS counts itself, and the last two only say which patch policy an instance
/// has.
pub const OPTIONAL_OPERATIONS: [&str; 6] = [
    "DescribeInstanceProperties",
    "GetServiceSetting",
    "ListNodes",
    "ListNodesSummary",
    "GetConfiguration",
    "ListConfigurations",
];

/// Whether everything is read even if this operation fails.
pub fn is_optional(operation: &str) -> bool {
    OPTIONAL_OPERATIONS.contains(&operation)
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
    /// Whether an override list, and not the baseline, said what to install.
    pub install_override: bool,
    pub installed_count: i64,
    pub installed_other_count: i64,
    pub installed_pending_reboot_count: i64,
    pub installed_rejected_count: i64,
    pub missing_count: i64,
    pub failed_count: i64,
    pub not_applicable_count: i64,
    pub available_security_update_count: i64,
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

records! {
    /// One instance.
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
        /// The resource behind it: its own id, unless a cloud connector or another service registered it.
        pub source_id: String,
        pub registered_at: Option<Timestamp>,
        pub association_status: String,
    }

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
    pub struct OutputRecord {
        pub command_id: String,
        pub instance_id: InstanceId,
        pub step: String,
        pub status: String,
        pub response_code: i64,
        pub standard_output: String,
        pub standard_error: String,
    }
}

/// How a harvest ended, as it is stored and reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum HarvestOutcome {
    Ok,
    /// The instances were read, but some other operation failed.
    Partial,
    Failed,
}

impl PatchStateRecord {
    /// How many updates the instance lists, by its own counts.
    pub fn listed_count(&self) -> usize {
        let counts = [
            self.installed_count,
            self.installed_other_count,
            self.installed_pending_reboot_count,
            self.installed_rejected_count,
            self.missing_count,
            self.failed_count,
            self.available_security_update_count,
        ];
        counts.into_iter().filter_map(|count| usize::try_from(count).ok()).sum()
    }
}

impl AsRef<Self> for Snapshot {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl Snapshot {
    pub fn outcome(&self) -> HarvestOutcome {
        match (&self.instances, self.errors.iter().all(|error| is_optional(error.operation))) {
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
            is_last: true,
            earlier: None,
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

    /// Rows received by the whole harvest.
    pub fn total_rows(&self) -> u64 {
        self.rows.values().sum()
    }

    /// Rows of updates and inventory in this slice.
    pub fn held_rows(&self) -> usize {
        let data = &self.reference_data;
        let updates: usize = self.scans.iter().map(|scan| scan.updates.len()).sum();
        updates + rows_of(&data.software) + rows_of(&data.hotfixes) + rows_of(&data.hardware)
    }
}
