//! The part of a snapshot that is read on the slow schedule: inventory, patch baselines and groups, maintenance windows, patch
//! policies and associations.

use crate::{record::Record, records};
use jiff::Timestamp;
use muster_model::ids::InstanceId;

/// A row of an inventory type whose content hashes are stored.
pub trait InventoryRow: Record {
    /// AWS's name of the type.
    const TYPE_NAME: &'static str;
}

impl InventoryRow for ApplicationRecord {
    const TYPE_NAME: &'static str = "AWS:Application";
}

impl InventoryRow for HotfixRecord {
    const TYPE_NAME: &'static str = "AWS:WindowsUpdate";
}

impl InventoryRow for HardwareRecord {
    const TYPE_NAME: &'static str = "AWS:InstanceDetailedInformation";
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
    /// `ListConfigurations` and `GetConfiguration`: table `patch_policy`.
    pub patch_policies: Option<Vec<PatchPolicyRecord>>,
    /// `ListAssociations`: table `association`.
    pub associations: Option<Vec<AssociationRecord>>,
    /// `GetServiceSetting`: table `service_setting`.
    pub service_settings: Option<Vec<ServiceSettingRecord>>,
    /// `ListNodesSummary` and `ListNodes`: tables `node_listing`, `node_count` and `unmanaged_instance`.
    pub node_listing: Option<NodeListing>,
}

/// What AWS itself says of the account's nodes in all Regions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeListing {
    /// None where AWS has no such list.
    pub listing: Option<NodeListingRecord>,
    /// Whether AWS answered for the Region that was asked only.
    pub is_of_one_region: bool,
    pub counts: Vec<NodeCountRecord>,
    pub unmanaged: Vec<UnmanagedInstanceRecord>,
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

/// The number of rows of some instances.
pub fn rows_of<Row>(records: &[InventoryRecord<Row>]) -> usize {
    records.iter().map(|record| record.rows.len()).sum()
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
    /// `NON_COMPLIANT` or `COMPLIANT`: what security updates that are available and not approved make of an instance.
    /// Empty where the baseline does not say.
    pub available_security_updates_compliance: String,
    pub created_at: Option<Timestamp>,
    pub modified_at: Option<Timestamp>,
}

records! {
    pub struct TagRecord {
        pub instance_id: InstanceId,
        pub key: String,
        pub value: String,
    }

    /// An instance in inventory, which also has stopped and terminated ones.
    pub struct NodeRecord {
        pub instance_id: InstanceId,
        /// `Active`, `ConnectionLost`, `Stopped` or `Terminated`.
        pub status: String,
        pub computer_name: String,
        pub platform_name: String,
        pub platform_version: String,
    }

    pub struct ApplicationRecord {
        pub name: String,
        pub version: String,
        pub publisher: String,
        pub architecture: String,
        pub installed_at: Option<Timestamp>,
    }

    pub struct HotfixRecord {
        pub hot_fix_id: String,
        pub description: String,
        pub installed_by: String,
        pub installed_at: Option<Timestamp>,
    }

    pub struct HardwareRecord {
        pub cpu_model: String,
        pub cpus: Option<i32>,
        pub cpu_cores: Option<i32>,
        pub cpu_sockets: Option<i32>,
        pub cpu_speed_mhz: Option<i32>,
        pub os_service_pack: String,
    }

    pub struct PatchBaselineRecord {
        pub baseline_id: String,
        pub name: String,
        pub operating_system: String,
        pub description: String,
        pub is_default: bool,
    }

    pub struct PatchRuleRecord {
        pub approve_after_days: Option<i32>,
        pub approve_until: String,
        pub compliance_level: String,
        pub enable_non_security: bool,
        pub filters: String,
    }

    pub struct PatchGroupRecord {
        pub patch_group: String,
        pub baseline_id: String,
        pub operating_system: String,
    }

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

    pub struct WindowTargetRecord {
        pub window_id: String,
        pub target_id: String,
        pub name: String,
        pub targets: String,
    }

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

    pub struct WindowExecutionRecord {
        pub window_id: String,
        pub execution_id: String,
        pub status: String,
        pub status_details: String,
        pub started_at: Option<Timestamp>,
        pub ended_at: Option<Timestamp>,
    }

    /// A patch policy of Quick Setup that is deployed to an account and Region.
    pub struct PatchPolicyRecord {
        pub configuration_id: String,
        /// What the tags of its instances say, or else its id.
        pub name: String,
        pub manager_arn: String,
        /// `Scan` or `ScanAndInstall`.
        pub operation: String,
        pub scan_schedule: String,
        /// Whether the first scan waits for the schedule.
        pub scan_waits: bool,
        pub install_schedule: String,
        pub install_waits: bool,
        pub reboot_option: String,
        /// Separated by line breaks.
        pub baselines: String,
        /// `*`, `InstanceIds`, `ResourceGroups` or `Tags`.
        pub target_type: String,
        /// Separated by commas, like the other lists of targets.
        pub target_instances: String,
        pub target_tag_key: String,
        pub target_tag_value: String,
        pub target_resource_group: String,
        pub target_organizational_units: String,
        pub target_accounts: String,
        pub target_regions: String,
        /// Whether the lists of accounts and Regions have this one, where there are any.
        pub is_target: bool,
        /// The state of its deployment, such as `SUCCEEDED`.
        pub status: String,
        pub modified_at: Option<Timestamp>,
        /// What the list says of it. While this is the same, its details are too.
        pub change_key: String,
    }

    /// A setting of Systems Manager in an account and Region.
    pub struct ServiceSettingRecord {
        pub setting_id: String,
        pub value: String,
    }

    /// How AWS's own list of an account's nodes was read.
    pub struct NodeListingRecord {
        /// AWS's message if the role may not read it, or else empty.
        pub denied: String,
        pub lists_unmanaged: bool,
        /// Whether there are more unmanaged instances than were listed.
        pub is_cut: bool,
    }

    /// The managed nodes that AWS counts.
    pub struct NodeCountRecord {
        pub node_region: String,
        pub resource_type: String,
        pub nodes: i64,
    }

    /// An EC2 instance that Systems Manager does not manage.
    pub struct UnmanagedInstanceRecord {
        pub node_region: String,
        pub node_id: String,
        pub name: String,
        pub computer_name: String,
        pub ip_address: String,
        pub platform_name: String,
        pub platform_version: String,
        pub captured_at: Option<Timestamp>,
    }

    /// A schedule of State Manager.
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
}
