//! The number of instances in each status, added up from the rows of the Patching table.

use muster_model::{account::AccountRow, patch_status::StatusCounts};

pub fn status_counts(accounts: &[AccountRow]) -> StatusCounts {
    accounts.iter().fold(StatusCounts::default(), |sum, account| StatusCounts {
        no_data: sum.no_data + account.status.no_data,
        stale: sum.stale + account.status.stale,
        failed: sum.failed + account.status.failed,
        pending: sum.pending + account.status.pending,
        pending_reboot: sum.pending_reboot + account.status.pending_reboot,
        up_to_date: sum.up_to_date + account.status.up_to_date,
    })
}
