//! Runs (commands) and each instance's result of one (an invocation).

use super::{AccountId, InstanceId, Provider, column::Columns};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// AWS's documents that patch. Commands of other documents are runs only if `patch_documents` names them.
pub const PATCH_DOCUMENTS: [&str; 8] = [
    "AWS-RunPatchBaseline",
    "AWS-RunPatchBaselineAssociation",
    "AWS-RunPatchBaselineWithHooks",
    "AWS-InstallWindowsUpdates",
    "AWS-ApplyPatchBaseline",
    "AWS-FindWindowsUpdates",
    "AWS-InstallMissingWindowsUpdates",
    "AWS-InstallSpecificWindowsUpdates",
];

/// One run on any number of instances.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
pub struct RunRow {
    pub command_id: String,
    pub document_name: String,
    /// `Scan` or `Install`; empty when the document is another.
    pub operation: String,
    pub requested_at: Timestamp,
    /// As Systems Manager spells it: `Success`, `Failed`, `InProgress`…
    pub status: String,
    pub status_details: String,
    pub targets: u64,
    pub completed: u64,
    pub errors: u64,
    pub account_id: AccountId,
    pub region: String,
}

/// One instance's result of a run. The field names are the contract of the runs CSV and JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvocationRow {
    #[column(heading = "Requested (UTC)", class = "")]
    pub requested_at: Timestamp,
    #[column(heading = "Finished (UTC)", absent = "Not finished")]
    pub finished_at: Option<Timestamp>,
    /// `Scan` or `Install`; empty when the document is another.
    #[column(heading = "Operation")]
    pub operation: String,
    /// As Systems Manager spells it: `Success`, `Failed`, `InProgress`…
    #[column(heading = "Result")]
    pub status: String,
    pub status_details: String,
    /// The exit code of the step that ran on this platform.
    #[column(heading = "Exit code", absent = "None")]
    pub response_code: Option<i64>,
    #[column(heading = "Run", class = "mono")]
    pub command_id: String,
    pub document_name: String,
    pub instance_id: InstanceId,
    pub instance_name: String,
    pub provider: Provider,
    pub account_id: AccountId,
    pub account_name: String,
    pub region: String,
    /// The latest Install run failed, but a patch operation that ended later reported no missing or failed update.
    pub contradicts_state: bool,
}

/// How a run ended, if it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    Succeeded,
    Failed,
    Unfinished,
}

impl RunOutcome {
    pub fn of(status: &str) -> Self {
        match status {
            "Success" => Self::Succeeded,
            "Failed" | "TimedOut" | "Cancelled" => Self::Failed,
            _ => Self::Unfinished,
        }
    }
}
