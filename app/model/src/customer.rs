//! The customers' board: one row for each customer, with what needs attention in its accounts.

use super::{AttentionReason, ChangeCounts, Freshness, HarvestState, Page, StatusCounts, column::Columns};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// One customer. The field names are the contract of the customers CSV and JSON. Every figure is the sum over the customer's
/// accounts that the filter leaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CustomerRow {
    pub customer_id: String,
    #[column(heading = "Customer", sort)]
    pub customer_name: String,
    /// What needs attention most. None if nothing does.
    #[column(heading = "Needs attention", absent = "Nothing", sort, default)]
    pub concern: Option<AttentionReason>,
    /// Everything that needs attention, in words, worst first.
    pub why: String,
    #[column(heading = "Accounts", sort = desc)]
    pub accounts: u64,
    #[column(heading = "Instances", sort = desc)]
    pub instances: u64,
    /// The share of instances that are up to date, rounded down to one decimal. Instances that were not scanned, or not
    /// lately, count as not up to date. None without instances.
    #[column(heading = "Up to date", unit = "%", sort)]
    pub up_to_date_percent: Option<f64>,
    /// The same share 30 days before. None if that day has no record.
    pub up_to_date_percent_before: Option<f64>,
    /// Pending updates after their due date.
    #[column(heading = "Overdue", sort = desc)]
    pub overdue: u64,
    /// Of these, those under an exception that holds.
    pub overdue_excepted: u64,
    /// Missing or failed updates on current instances.
    #[column(heading = "Pending OS updates", sort = desc)]
    pub pending_os_updates: u64,
    pub instances_pending_os_updates: u64,
    /// Instances whose latest finished Install run of the last 30 days succeeded.
    pub runs_succeeded: u64,
    /// Instances with a finished Install run in the last 30 days.
    pub runs_total: u64,
    /// The harvest state of the worst account.
    pub harvest_state: HarvestState,
    /// The oldest of the accounts' last good harvests.
    pub last_harvest_at: Option<Timestamp>,
    #[column(flatten)]
    pub status: StatusCounts,
}

impl CustomerRow {
    /// Returns whether the figures are not zero but unknown, because an account was never harvested and no other has any.
    pub fn is_unknown(&self) -> bool {
        self.harvest_state == HarvestState::Never && self.instances == 0
    }
}

/// What a row of the board shows beside its figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CustomerNote {
    /// The number of changes of each kind since the day that the page compares with.
    pub changes: ChangeCounts,
    /// The share of instances up to date by day, as a small picture without axes.
    pub trend: String,
}

/// Everything on `/customers`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CustomersPage {
    pub freshness: Freshness,
    /// The day at whose end the comparison starts.
    pub since: Date,
    pub rows: Page<CustomerRow>,
    /// A note for each of the rows.
    pub notes: Vec<CustomerNote>,
}

/// Returns a part of a whole in percent, rounded down to one decimal, so that less than all is never 100 %.
pub fn percent_of(part: u64, whole: u64) -> Option<f64> {
    (1000 * part).checked_div(whole).map(|tenths| tenths as f64 / 10.0)
}

#[cfg(test)]
mod tests {
    use super::percent_of;

    #[test]
    fn less_than_all_is_never_all() {
        assert_eq!((percent_of(14, 15), percent_of(15, 15), percent_of(0, 0)), (Some(93.3), Some(100.0), None));
        assert_eq!(percent_of(99_999, 100_000), Some(99.9));
    }
}
