//! What is set up for an account's machines: windows, baselines and associations.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A maintenance window with what it does, and how it went last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaintenanceWindowRow {
    pub window_id: String,
    pub name: String,
    pub region: String,
    pub enabled: bool,
    /// As Systems Manager has it: `cron(…)`, `rate(…)` or `at(…)`.
    pub schedule: String,
    pub schedule_timezone: String,
    pub duration_hours: u32,
    /// Registered targets; each may stand for many machines.
    pub targets: u64,
    /// What its tasks run, in their order.
    pub tasks: Vec<String>,
    pub next_execution_at: Option<Timestamp>,
    pub last_execution_at: Option<Timestamp>,
    /// `SUCCESS`, `FAILED`…; empty when none was ever seen.
    pub last_status: String,
}

/// A patch baseline that this account made, or that its patch groups or machines go by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatchBaselineRow {
    pub baseline_id: String,
    pub name: String,
    pub region: String,
    pub operating_system: String,
    /// What machines outside any patch group go by.
    pub is_default: bool,
    pub patch_groups: Vec<String>,
    /// Current machines whose last patch operation went by it.
    pub instances: u64,
    /// Its approval rules; none where they could not be read yet.
    pub rules: Option<Vec<ApprovalRule>>,
}

/// When a baseline approves what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRule {
    /// Days after release; none on Debian and Ubuntu, and where `approve_until` counts.
    pub approve_after_days: Option<u32>,
    /// The last day whose releases are approved; empty where days count.
    pub approve_until: String,
}

/// What State Manager keeps doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssociationRow {
    pub association_id: String,
    /// Its own name, or else its document's.
    pub name: String,
    pub document_name: String,
    pub region: String,
    pub schedule: String,
    pub status: String,
    /// Machines on which its last execution succeeded and failed.
    pub succeeded: u64,
    pub failed: u64,
    pub last_execution_at: Option<Timestamp>,
}
