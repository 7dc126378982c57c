//! Commands (AWS-RunPatchBaseline) and their results per machine. SSM keeps them 30 days; the estate keeps them all.

use std::sync::Arc;

use jiff::Timestamp;

use super::{baseline::Group, report::Counts};

pub const DOCUMENT: &str = "AWS-RunPatchBaseline";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Scan,
    Install,
}

impl Operation {
    pub fn name(self) -> &'static str {
        match self {
            Operation::Scan => "Scan",
            Operation::Install => "Install",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Command {
    pub id: Arc<str>,
    pub operation: Operation,
    /// False: RebootIfNeeded.
    pub no_reboot: bool,
    /// None: sent to instance ids.
    pub group: Option<Group>,
    pub comment: String,
    pub requested_at: Timestamp,
    /// Where its results begin and end among the site's invocations.
    pub invocations: std::ops::Range<usize>,
}

impl Command {
    pub fn reboot_option(&self) -> &'static str {
        reboot_option(self.no_reboot)
    }
}

pub fn reboot_option(no_reboot: bool) -> &'static str {
    if no_reboot { "NoReboot" } else { "RebootIfNeeded" }
}

/// Why a result is what it is: it decides the status and the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Success,
    /// Some updates could not be installed.
    UpdatesFailed,
    RepositoryUnreachable,
    /// All is installed, but the script ended with an error.
    PatchedButFailed,
    /// Windows Update gave no result.
    ScanFailed,
    /// The agent did not answer in time.
    DeliveryTimedOut,
}

impl Outcome {
    pub fn status(self) -> &'static str {
        match self {
            Outcome::Success => "Success",
            Outcome::DeliveryTimedOut => "TimedOut",
            _ => "Failed",
        }
    }

    pub fn status_details(self) -> &'static str {
        match self {
            Outcome::Success => "Success",
            Outcome::DeliveryTimedOut => "DeliveryTimedOut",
            _ => "Failed",
        }
    }

    pub fn response_code(self) -> i64 {
        match self {
            Outcome::Success => 0,
            Outcome::DeliveryTimedOut => -1,
            _ => 1,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Invocation {
    /// Index of its command in the site.
    pub command: usize,
    /// Index of its machine in the site.
    pub instance: usize,
    pub outcome: Outcome,
    pub started_at: Timestamp,
    pub finished_at: Timestamp,
    pub snapshot_id: Arc<str>,
    /// What the output says was found; None where nothing was.
    pub counts: Option<Counts>,
}
