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
        available_security_updates: sum(|account| account.available_security_updates),
        installed_rejected: sum(|account| account.installed_rejected),
        instances_details_missing: sum(|account| account.instances_details_missing),
    }
}

/// Returns the number of instances in each status.
pub fn status_counts(accounts: &[AccountRow]) -> StatusCounts {
    accounts.iter().map(|account| account.status).sum()
}
