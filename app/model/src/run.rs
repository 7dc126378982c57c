//! Runs (commands) and each instance's result of one (an invocation).

use super::{AccountId, Freshness, InstanceId, Page, Provider, StepOutput, code::codes, column::Columns};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray};

/// AWS's documents that patch. Commands of other documents are runs only if `patch_documents` names them.
pub const PATCH_DOCUMENTS: [&str; 8] = [
    "AWS-RunPatchBaseline",
    "AWS-RunPatchBaselineAssociation",
    "AWS-RunPatchBaselineWithHooks",
    "AWS-InstallWindowsUpdates",
    "AWS-ApplyPatchBaseline",
    FIND_WINDOWS_UPDATES,
    "AWS-InstallMissingWindowsUpdates",
    "AWS-InstallSpecificWindowsUpdates",
];

/// The one of these that only scans.
pub const FIND_WINDOWS_UPDATES: &str = "AWS-FindWindowsUpdates";

/// One run on any number of instances. The field names are the contract of the runs JSON. Of its results, each counts as
/// exactly one of succeeded, failed, not reached and unfinished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunRow {
    #[column(heading = "Requested (UTC)", class = "", sort = desc, default)]
    pub requested_at: Timestamp,
    /// `Scan` or `Install`; empty when the document is another.
    #[column(heading = "Operation", sort)]
    pub operation: String,
    pub document_name: String,
    #[column(heading = "Account", sort)]
    pub account_name: String,
    pub account_id: AccountId,
    pub provider: Provider,
    pub customer_id: String,
    pub customer_name: String,
    pub region: String,
    /// As Systems Manager spells it: `Success`, `Failed`, `InProgress`…
    #[column(heading = "Status", sort)]
    pub status: String,
    pub status_details: String,
    #[column(flatten)]
    pub results: RunResults,
    /// Targets of the run, by AWS's count, whose results could not be read.
    pub not_read: u64,
    #[column(heading = "Run", class = "mono")]
    pub command_id: String,
}

/// How the results of runs ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunResults {
    /// Instances that it was sent to.
    #[column(heading = "Planned", sort = desc)]
    pub planned: u64,
    #[column(heading = "Succeeded", sort = desc)]
    pub succeeded: u64,
    /// Instances that were reached and on which it failed.
    #[column(heading = "Failed", sort = desc)]
    pub failed: u64,
    /// Instances whose agent did not take it.
    #[column(heading = "Not reached", sort = desc)]
    pub not_reached: u64,
    /// Instances on which it has not ended.
    #[column(heading = "Unfinished", sort = desc)]
    pub unfinished: u64,
    /// Of the instances on which it succeeded, and which no later Install run patched, those that still wait for a reboot.
    #[column(heading = "Waiting for reboot", sort = desc)]
    pub awaiting_reboot: u64,
}

/// Failed results of the same cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunCauseRow {
    pub cause: String,
    /// The line of the newest output that tells the cause; empty where no line does.
    pub evidence: String,
    pub results: u64,
    pub instances: u64,
    pub accounts: u64,
    pub customers: u64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

/// Everything on `/runs`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunsPage {
    pub freshness: Freshness,
    /// The first and the last day of the runs.
    pub from: Date,
    pub to: Date,
    pub totals: RunResults,
    /// Targets of these runs, by AWS's count, whose results could not be read.
    pub not_read: u64,
    /// The causes with the most results first.
    pub causes: Vec<RunCauseRow>,
    /// The patches with the most results first.
    pub failed_patches: Vec<FailedPatchRow>,
    /// What instances contradict, by how.
    pub contradictions: Vec<ContradictionCount>,
    pub rows: Page<RunRow>,
}

/// Everything on `/runs/{command}` beside its results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunPage {
    pub freshness: Freshness,
    pub run: RunRow,
    pub causes: Vec<RunCauseRow>,
    pub failed_patches: Vec<FailedPatchRow>,
    /// What the failed steps printed, for those who may read it.
    pub outputs: Vec<RunOutput>,
    /// Whether the caller may read output.
    pub sees_output: bool,
}

/// What a failed step of a run printed on an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunOutput {
    pub instance_id: InstanceId,
    #[serde(flatten)]
    #[column(flatten)]
    pub output: StepOutput,
}

/// Install runs that failed one after the other on an instance, up to the latest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunFailures {
    pub results: u64,
    pub since: Timestamp,
    /// Of the latest.
    pub cause: String,
    pub evidence: String,
}

/// One instance's result of a run. The field names are the contract of the runs CSV and JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvocationRow {
    #[column(heading = "Requested (UTC)", class = "", sort = desc, default)]
    pub requested_at: Timestamp,
    #[column(heading = "Finished (UTC)", absent = "Not finished")]
    pub finished_at: Option<Timestamp>,
    /// `Scan` or `Install`; empty when the document is another.
    #[column(heading = "Operation")]
    pub operation: String,
    /// As Systems Manager spells it: `Success`, `Failed`, `InProgress`…
    #[column(heading = "Result", sort)]
    pub status: String,
    pub status_details: String,
    /// The exit code of the step that ran on this platform.
    #[column(heading = "Exit code", absent = "None")]
    pub response_code: Option<i64>,
    #[column(heading = "Run", class = "mono")]
    pub command_id: String,
    pub document_name: String,
    pub instance_id: InstanceId,
    #[column(heading = "Instance", sort)]
    pub instance_name: String,
    pub provider: Provider,
    pub account_id: AccountId,
    #[column(heading = "Account", sort)]
    pub account_name: String,
    pub region: String,
    /// Why it did not succeed, as a code that stays the same as long as the cause does. None if it did, or has not ended.
    #[column(heading = "Cause", absent = "None", sort)]
    pub cause: Option<String>,
    /// The line of its output that tells the cause; empty where no line does.
    pub evidence: String,
    /// How the instance as it is contradicts this result.
    #[column(heading = "Contradiction", absent = "None")]
    pub contradiction: Option<RunContradiction>,
    /// When the last patch operation of the instance ended, and what it left.
    #[column(heading = "The instance since", class = "", absent = "Never scanned")]
    pub last_scan_at: Option<Timestamp>,
    pub missing: u64,
    pub failed: u64,
    pub pending_reboot: u64,
}

/// How a result ended, if it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum RunOutcome {
    #[strum(message = "Succeeded")]
    Succeeded,
    #[strum(message = "Failed")]
    Failed,
    #[strum(message = "Not reached")]
    NotReached,
    #[strum(message = "Unfinished")]
    Unfinished,
}

codes!(all RunOutcome);

impl RunOutcome {
    /// By the status alone, which does not tell whether a result that timed out was ever delivered.
    pub fn of(status: &str) -> Self {
        match status {
            "Success" => Self::Succeeded,
            "Failed" | "TimedOut" | "Cancelled" => Self::Failed,
            _ => Self::Unfinished,
        }
    }
}

/// How an instance contradicts the result of its latest Install run, by a patch operation that ended later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum RunContradiction {
    /// It failed, but nothing is missing or failed.
    #[strum(message = "Failed, yet patched")]
    FailedButPatched,
    /// It succeeded, but updates that were pending before still are.
    #[strum(message = "Succeeded, yet updates still pending")]
    SucceededButPending,
    /// It succeeded, but updates still wait for a reboot.
    #[strum(message = "Succeeded, yet not rebooted")]
    RebootNotDone,
    /// Its patch operations of the last 30 days that changed an update went back to every baseline that they had left.
    #[strum(message = "Two baselines take turns")]
    BaselinesAlternate,
}

codes!(all RunContradiction);

impl RunContradiction {
    /// What to do.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::FailedButPatched => {
                "Nothing is left to install: look at the output of the run for what it could not do."
            }
            Self::SucceededButPending => {
                "Look whether the run may install these updates, and whether another baseline asks for them."
            }
            Self::RebootNotDone => "Reboot the instance; runs with RebootIfNeeded do it themselves.",
            Self::BaselinesAlternate => "Let one baseline decide: look which schedules and patch policies scan it.",
        }
    }
}

/// The results that instances contradict in one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContradictionCount {
    pub contradiction: RunContradiction,
    pub results: u64,
}

/// A patch that is failed on instances on which an Install run failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FailedPatchRow {
    pub name: String,
    pub title: String,
    pub description: String,
    /// Failed results on these instances.
    pub results: u64,
    pub instances: u64,
    pub customers: u64,
    /// Since when it has been failed on the first of them.
    pub since: Timestamp,
}

/// What a run does.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    EnumCount,
    EnumMessage,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
pub enum RunOperation {
    Install,
    Scan,
}

codes!(all RunOperation);
