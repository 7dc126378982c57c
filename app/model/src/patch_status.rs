//! The one patch status that every instance has, and how many have each.

use super::{code::codes, column::Columns};
use serde::{Deserialize, Serialize};
use strum::{EnumMessage, EnumString, IntoStaticStr};

/// Decided in this order, so that each instance has exactly one and the six always add up to the total.
/// The decision itself is made in one place, `server/metrics/src/instance_status.sql`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[derive(EnumMessage, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum PatchStatus {
    #[strum(message = "No data")]
    NoData,
    #[strum(message = "Stale")]
    Stale,
    #[strum(message = "Failed")]
    Failed,
    #[strum(message = "Pending")]
    Pending,
    #[strum(message = "Pending reboot")]
    PendingReboot,
    #[strum(message = "Up to date")]
    UpToDate,
}

impl PatchStatus {
    /// In the order of the cards: up to date, then what needs work, then what is not known.
    pub const ALL: [Self; 6] =
        [Self::UpToDate, Self::Pending, Self::Failed, Self::PendingReboot, Self::Stale, Self::NoData];

    /// The rule in one sentence, for the cards.
    pub fn rule(self) -> &'static str {
        match self {
            Self::NoData => "Never scanned, or Patch Manager does not support the operating system.",
            Self::Stale => "The last scan is older than the configured limit (7 days by default).",
            Self::Failed => "At least one update failed to install.",
            Self::Pending => "At least one update is missing.",
            Self::PendingReboot => "At least one installed update requires a reboot.",
            Self::UpToDate => "Scanned recently, with no missing or failed updates and no pending reboot.",
        }
    }
}

codes!(PatchStatus);

/// How many instances are in each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
