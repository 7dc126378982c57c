//! The accounts that need attention most, with one reason each, computed from the rows of the Patching table.

use muster_model::{
    account::AccountRow,
    filter::{HarvestFilter, InstanceFilter, RunFilter},
    freshness::HarvestState,
    overview::{Attention, AttentionReason},
    patch_status::PatchStatus,
};
use std::cmp::Reverse;

/// The most accounts shown.
const LINES_MAX: usize = 6;
/// A smaller share of failed runs is normal.
const FAILED_RUNS_SHARE: f64 = 0.2;

/// Returns the accounts with the worst problems, worst first.
pub fn attention(accounts: &[AccountRow]) -> Vec<Attention> {
    let mut lines: Vec<Attention> = accounts.iter().filter_map(worst).collect();
    lines.sort_by_key(|line| (line.reason, Reverse(line.count), line.account_name.clone()));
    lines.truncate(LINES_MAX);
    lines
}

/// Returns an account's worst problem, if it has one.
fn worst(account: &AccountRow) -> Option<Attention> {
    let status = &account.status;
    let pending = account.pending_os_updates;
    let failed_runs = account.runs_total - account.runs_succeeded;
    let many_failed_runs = failed_runs > 1 && failed_runs as f64 >= FAILED_RUNS_SHARE * account.runs_total as f64;
    let with_status = |status| InstanceFilter { status: Some(status), ..of_account(account) };
    let line = |reason, count, why: String, href: String| Attention {
        provider: account.provider.clone(),
        account_id: account.account_id.clone(),
        account_name: account.account_name.clone(),
        reason,
        count,
        why,
        href,
    };
    if matches!(account.harvest_state, HarvestState::Failing | HarvestState::Never | HarvestState::Stale) {
        let filter = HarvestFilter { account: Some(account.account_id.clone()), ..HarvestFilter::default() };
        let why = match account.harvest_state {
            HarvestState::Never => "no harvest has succeeded yet",
            HarvestState::Stale => "the last harvest is too old: its figures are out of date",
            _ => "the last harvest failed: its figures are from the last good one",
        };
        let href = format!("/harvest?{}", filter.to_query());
        return Some(line(AttentionReason::HarvestFailing, 1, why.to_owned(), href));
    }
    let (reason, count, why, filter) = if status.failed > 0 {
        let failed = instances(status.failed, " has an update that", " have updates that");
        let why = format!("{failed} failed to install, {pending} pending in total");
        (AttentionReason::FailedInstances, status.failed, why, with_status(PatchStatus::Failed))
    } else if many_failed_runs {
        let why = format!("{failed_runs} of {} latest install runs did not succeed", account.runs_total);
        let filter = InstanceFilter { run: Some(RunFilter::Failed), ..of_account(account) };
        (AttentionReason::FailedRuns, failed_runs, why, filter)
    } else if status.pending > 0 {
        let why = format!("{pending} updates missing on {}", instances(status.pending, "", ""));
        (AttentionReason::PendingInstances, status.pending, why, with_status(PatchStatus::Pending))
    } else if status.details_missing > 0 {
        let count = status.details_missing;
        let why = format!("AWS counts updates on {} and does not list them", instances(count, "", ""));
        (AttentionReason::DetailsMissing, count, why, with_status(PatchStatus::DetailsMissing))
    } else if status.stale > 0 {
        let why = format!("{} not been scanned lately", instances(status.stale, " has", " have"));
        (AttentionReason::StaleInstances, status.stale, why, with_status(PatchStatus::Stale))
    } else if status.pending_reboot > 0 {
        let why = format!("{} a reboot", instances(status.pending_reboot, " needs", " need"));
        (AttentionReason::PendingReboot, status.pending_reboot, why, with_status(PatchStatus::PendingReboot))
    } else if status.non_compliant > 0 {
        let what = "a rejected update or available security updates";
        let why = format!("{} {what}", instances(status.non_compliant, " has", " have"));
        (AttentionReason::NonCompliant, status.non_compliant, why, with_status(PatchStatus::NonCompliant))
    } else {
        return None;
    };
    Some(line(reason, count, why, format!("/instances?{}", filter.to_query())))
}

fn of_account(account: &AccountRow) -> InstanceFilter {
    InstanceFilter { account: Some(account.account_id.clone()), ..InstanceFilter::default() }
}

fn instances(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 instance{one}") } else { format!("{count} instances{many}") }
}
