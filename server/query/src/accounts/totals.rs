//! The sums under the Patching table, added up from its rows.

use muster_model::account::{AccountRow, AccountTotals};
use std::collections::BTreeSet;

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
