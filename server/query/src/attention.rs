//! Which accounts need attention first, and why: one line each, from the accounts' own rows.

use muster_model::{
    account::AccountRow,
    filter::{HarvestFilter, InstanceFilter, RunFilter},
    freshness::HarvestState,
    overview::{Attention, AttentionReason},
    patch_status::PatchStatus,
};
use std::cmp::Reverse;

/// The most lines given.
const LINES_MAX: usize = 6;
/// A share of failed runs below this is the everyday; above it something is broken.
const FAILED_RUNS_SHARE: f64 = 0.2;

/// The accounts whose worst problem is worst, worst first. An account without one is not listed.
pub fn attention(accounts: &[AccountRow]) -> Vec<Attention> {
    let mut lines: Vec<Attention> = accounts.iter().filter_map(worst).collect();
    lines.sort_by_key(|line| (line.reason, Reverse(line.count), line.account_name.clone()));
    lines.truncate(LINES_MAX);
    lines
}

fn worst(account: &AccountRow) -> Option<Attention> {
    let status = &account.status;
    let failed_runs = account.runs_total - account.runs_succeeded;
    let many_failed_runs = failed_runs > 1 && failed_runs as f64 >= FAILED_RUNS_SHARE * account.runs_total as f64;
    let line = |reason, count, why: String, href: String| Attention {
        provider: account.provider.clone(),
        account_id: account.account_id.clone(),
        account_name: account.account_name.clone(),
        reason,
        count,
        why,
        href,
    };
    let listed = |status| {
        let filter = InstanceFilter { status: Some(status), ..of_account(account) };
        format!("/instances?{}", filter.to_query())
    };
    if matches!(account.harvest_state, HarvestState::Failing | HarvestState::Never | HarvestState::Stale) {
        let filter = HarvestFilter { account: Some(account.account_id.clone()), ..HarvestFilter::default() };
        let why = match account.harvest_state {
            HarvestState::Never => "no harvest has succeeded yet: nothing is known of it",
            HarvestState::Stale => "not harvested lately: its figures are old",
            _ => "the last harvest failed: its figures are those of the last good one",
        };
        let href = format!("/harvest?{}", filter.to_query());
        return Some(line(AttentionReason::HarvestFailing, 1, why.to_owned(), href));
    }
    if status.failed > 0 {
        let why = format!(
            "{} failed to install, {} pending in all",
            machines(status.failed, "has an update that", "have updates that"),
            account.pending_os_updates
        );
        return Some(line(AttentionReason::FailedInstances, status.failed, why, listed(PatchStatus::Failed)));
    }
    if many_failed_runs {
        let why = format!("{failed_runs} of {} latest install runs did not succeed", account.runs_total);
        let filter = InstanceFilter { run: Some(RunFilter::Failed), ..of_account(account) };
        let href = format!("/instances?{}", filter.to_query());
        return Some(line(AttentionReason::FailedRuns, failed_runs, why, href));
    }
    if status.pending > 0 {
        let why = format!("{} updates missing on {}", account.pending_os_updates, machines(status.pending, "", ""));
        return Some(line(
            AttentionReason::PendingInstances,
            status.pending,
            why.trim_end().to_owned(),
            listed(PatchStatus::Pending),
        ));
    }
    if status.stale > 0 {
        let why = format!("{} not been scanned lately", machines(status.stale, "has", "have"));
        return Some(line(AttentionReason::StaleInstances, status.stale, why, listed(PatchStatus::Stale)));
    }
    if status.pending_reboot > 0 {
        let why = format!("{} for a reboot", machines(status.pending_reboot, "waits", "wait"));
        return Some(line(
            AttentionReason::PendingReboot,
            status.pending_reboot,
            why,
            listed(PatchStatus::PendingReboot),
        ));
    }
    None
}

fn of_account(account: &AccountRow) -> InstanceFilter {
    InstanceFilter { account: Some(account.account_id.clone()), ..InstanceFilter::default() }
}

fn machines(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 machine {one}") } else { format!("{count} machines {many}") }
}
