//! The one patch status that every instance has, and how many have each.

use super::{code::codes, column::Columns};
use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray};

/// Declares the statuses in the order in which they are decided, each with its label and its rule, and a count for each.
/// Cards, filters, sums, columns of SQL, JSON and files follow from this declaration.
macro_rules! patch_statuses {
    ($($status:ident, $count:ident, $label:literal, $rule:literal;)+) => {
        /// The first that applies, so that each instance has exactly one and all of them add up to the total. The
        /// decision itself is made in one place, `server/metrics/src/instance_status.sql`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        #[derive(EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
        #[strum(serialize_all = "snake_case")]
        pub enum PatchStatus {
            $(#[strum(message = $label)] $status,)+
        }

        impl PatchStatus {
            /// The rule in one sentence, for the cards.
            pub fn rule(self) -> &'static str {
                match self {
                    $(Self::$status => $rule,)+
                }
            }
        }

        /// How many instances are in each status.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Columns)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub struct StatusCounts {
            $(#[column(heading = $label, sort = desc, hidden)] pub $count: u64,)+
        }

        impl StatusCounts {
            pub fn get(&self, status: PatchStatus) -> u64 {
                match status {
                    $(PatchStatus::$status => self.$count,)+
                }
            }

            pub fn get_mut(&mut self, status: PatchStatus) -> &mut u64 {
                match status {
                    $(PatchStatus::$status => &mut self.$count,)+
                }
            }
        }
    };
}

patch_statuses! {
    Unsupported, unsupported, "Unsupported",
        "The latest run ended because Patch Manager does not support the operating system.";
    NoData, no_data, "No data",
        "Never scanned, or the last scan failed.";
    Stale, stale, "Stale",
        "The last scan is older than the configured limit (7 days by default).";
    Failed, failed, "Failed",
        "At least one update failed to install.";
    Pending, pending, "Pending",
        "At least one update is missing.";
    DetailsMissing, details_missing, "Details missing",
        "AWS counts updates that need work, but does not list them.";
    PendingReboot, pending_reboot, "Pending reboot",
        "At least one installed update requires a reboot.";
    NonCompliant, non_compliant, "Non-compliant",
        "An installed update is rejected, or the baseline calls the available security updates non-compliant.";
    UpToDate, up_to_date, "Up to date",
        "Scanned recently, and none of the other rules applies: AWS has no reason to call it non-compliant.";
}

codes!(PatchStatus);

impl PatchStatus {
    /// In the order of the cards: up to date, then what needs work, then what is not known.
    pub const ALL: [Self; Self::COUNT] = [
        Self::UpToDate,
        Self::Pending,
        Self::Failed,
        Self::PendingReboot,
        Self::NonCompliant,
        Self::DetailsMissing,
        Self::Unsupported,
        Self::Stale,
        Self::NoData,
    ];

    /// In the order of lists: the worst first.
    pub const WORST_FIRST: [Self; Self::COUNT] = [
        Self::Failed,
        Self::Pending,
        Self::DetailsMissing,
        Self::PendingReboot,
        Self::NonCompliant,
        Self::Unsupported,
        Self::Stale,
        Self::NoData,
        Self::UpToDate,
    ];

    /// In the order in which they are decided.
    pub fn in_order_of_decision() -> &'static [Self] {
        Self::VARIANTS
    }
}

impl StatusCounts {
    pub fn total(&self) -> u64 {
        PatchStatus::ALL.into_iter().map(|status| self.get(status)).sum()
    }
}

impl std::iter::Sum for StatusCounts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |mut sum, counts| {
            PatchStatus::ALL.into_iter().for_each(|status| *sum.get_mut(status) += counts.get(status));
            sum
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_and_statuses_are_one_to_one() {
        for status in PatchStatus::ALL {
            assert_eq!(PatchStatus::from_code(status.code()), Some(status));
        }
        assert_eq!(PatchStatus::from_code("fine"), None);
    }

    #[test]
    fn each_order_has_every_status_once() {
        let all: BTreeSet<_> = PatchStatus::in_order_of_decision().iter().copied().collect();
        for order in [PatchStatus::ALL, PatchStatus::WORST_FIRST] {
            assert_eq!(BTreeSet::from(order), all);
        }
    }

    #[test]
    fn each_status_has_a_count_under_its_code_and_they_add_up() {
        let mut counts = StatusCounts::default();
        for (status, n) in PatchStatus::ALL.into_iter().zip(1..) {
            *counts.get_mut(status) = n;
        }
        assert_eq!(counts.total(), (1..=PatchStatus::COUNT as u64).sum::<u64>());
        assert_eq!([counts, counts].into_iter().sum::<StatusCounts>().total(), 2 * counts.total());
        let json = serde_json::to_value(counts).expect("JSON");
        for status in PatchStatus::ALL {
            assert_eq!(json[status.code()], counts.get(status), "{status:?}");
        }
    }
}
