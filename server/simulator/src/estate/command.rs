//! Commands (AWS-RunPatchBaseline) and their results per instance. SSM keeps them for 30 days, the estate forever.

use std::{ops::Range, sync::Arc};

use jiff::Timestamp;
use strum::IntoStaticStr;

use super::{Group, PatchCounts};

pub const DOCUMENT: &str = "AWS-RunPatchBaseline";

#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(const_into_str)]
pub enum Operation {
    Scan,
    Install,
}

#[derive(Clone, Debug)]
pub struct Command {
    pub id: Arc<str>,
    pub operation: Operation,
    /// False means RebootIfNeeded.
    pub no_reboot: bool,
    /// The targeted patch group. None if the command was sent to instance ids.
    pub group: Option<Group>,
    pub comment: String,
    pub requested_at: Timestamp,
    /// The range of its results among the site's invocations.
    pub invocations: Range<usize>,
}

impl Command {
    pub fn reboot_option(&self) -> &'static str {
        reboot_option(self.no_reboot)
    }
}

pub fn reboot_option(no_reboot: bool) -> &'static str {
    if no_reboot { "NoReboot" } else { "RebootIfNeeded" }
}

/// How an operation ended. It decides the status and the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Success,
    /// Some updates could not be installed.
    UpdatesFailed,
    RepositoryUnreachable,
    /// Everything is installed, but the script ended with an error.
    PatchedButFailed,
    /// Patch Manager does not support the operating system.
    Unsupported,
    /// Windows Update returned no result.
    ScanFailed,
    /// The agent did not respond in time.
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
            Outcome::DeliveryTimedOut => "DeliveryTimedOut",
            _ => self.status(),
        }
    }

    pub fn response_code(self) -> i64 {
        match self {
            Outcome::Success => 0,
            Outcome::DeliveryTimedOut => -1,
            Outcome::Unsupported => 146,
            _ => 1,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Invocation {
    /// Index of its command in the site.
    pub command: usize,
    /// Index of its instance in the site.
    pub instance: usize,
    pub outcome: Outcome,
    pub started_at: Timestamp,
    pub finished_at: Timestamp,
    pub snapshot_id: Arc<str>,
    /// The counts that the output prints. None if the operation found nothing out.
    pub counts: Option<PatchCounts>,
}
