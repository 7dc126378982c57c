//! What the overview adds up from the rows of the Patching table.

use muster_model::{
    account::{AccountRow, AccountTotals},
    patch_status::StatusCounts,
};
use std::collections::BTreeSet;

/// Returns the sums under the Patching table.
pub fn totals(accounts: &[AccountRow]) -> AccountTotals {
    let providers: BTreeSet<&str> = accounts.iter().map(|account| account.provider.code()).collect();
    let sum = |figure: fn(&AccountRow) -> u64| accounts.iter().map(figure).sum();
    AccountTotals {
        accounts: accounts.len() as u64,
        providers: providers.len() as u64,
        instances: sum(|account| account.instances),
        online_instances: sum(|account| account.online_instances),
        pending_os_updates: sum(|account| account.pending_os_updates),
        instances_pending_os_updates: sum(|account| account.instances_pending_os_updates),
        pending_agent_updates: sum(|account| account.pending_agent_updates),
        runs_succeeded: sum(|account| account.runs_succeeded),
        runs_total: sum(|account| account.runs_total),
    }
}

/// Returns the number of instances in each status.
pub fn status_counts(accounts: &[AccountRow]) -> StatusCounts {
    let sum = |figure: fn(&StatusCounts) -> u64| accounts.iter().map(|account| figure(&account.status)).sum();
    StatusCounts {
        no_data: sum(|status| status.no_data),
        stale: sum(|status| status.stale),
        failed: sum(|status| status.failed),
        pending: sum(|status| status.pending),
        pending_reboot: sum(|status| status.pending_reboot),
        up_to_date: sum(|status| status.up_to_date),
    }
}
