//! The one state that every instance is in, and how many are in each.

use serde::{Deserialize, Serialize};

/// Decided in this order, so that each instance has exactly one and the six always add up to the total.
/// The decision itself is made in one place, `server/metrics/src/instance_status.sql`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatchStatus {
    NoData,
    Stale,
    Failed,
    Pending,
    PendingReboot,
    UpToDate,
}

impl PatchStatus {
    /// As the cards show them: the good news first, then what needs work, then what we cannot vouch for.
    pub const ALL: [Self; 6] =
        [Self::UpToDate, Self::Pending, Self::Failed, Self::PendingReboot, Self::Stale, Self::NoData];

    pub fn code(self) -> &'static str {
        match self {
            Self::NoData => "no_data",
            Self::Stale => "stale",
            Self::Failed => "failed",
            Self::Pending => "pending",
            Self::PendingReboot => "pending_reboot",
            Self::UpToDate => "up_to_date",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::NoData => "No data",
            Self::Stale => "Stale",
            Self::Failed => "Failed",
            Self::Pending => "Pending",
            Self::PendingReboot => "Pending reboot",
            Self::UpToDate => "Up to date",
        }
    }

    /// The rule in one sentence, for the person who asks why a machine is where it is.
    pub fn rule(self) -> &'static str {
        match self {
            Self::NoData => "never scanned, or an operating system that Patch Manager does not support",
            Self::Stale => "the last scan is older than the limit (7 days unless configured)",
            Self::Failed => "at least one update failed to install",
            Self::Pending => "at least one update is missing",
            Self::PendingReboot => "at least one update is installed and waits for a reboot",
            Self::UpToDate => "scanned lately, and nothing missing, failed or waiting",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }
}

/// How many instances are in each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusCounts {
    pub no_data: u64,
    pub stale: u64,
    pub failed: u64,
    pub pending: u64,
    pub pending_reboot: u64,
    pub up_to_date: u64,
}

impl StatusCounts {
    pub fn get(&self, status: PatchStatus) -> u64 {
        match status {
            PatchStatus::NoData => self.no_data,
            PatchStatus::Stale => self.stale,
            PatchStatus::Failed => self.failed,
            PatchStatus::Pending => self.pending,
            PatchStatus::PendingReboot => self.pending_reboot,
            PatchStatus::UpToDate => self.up_to_date,
        }
    }

    pub fn total(&self) -> u64 {
        PatchStatus::ALL.into_iter().map(|status| self.get(status)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_statuses_are_one_to_one() {
        for status in PatchStatus::ALL {
            assert_eq!(PatchStatus::from_code(status.code()), Some(status));
        }
        assert_eq!(PatchStatus::from_code("fine"), None);
    }

    #[test]
    fn the_six_add_up() {
        let counts = StatusCounts { no_data: 1, stale: 2, failed: 3, pending: 4, pending_reboot: 5, up_to_date: 6 };
        assert_eq!(counts.total(), 21);
    }
}
