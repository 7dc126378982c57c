//! What needs attention, computed from the rows of the Patching table: each account's worst, and all of a customer's.

use muster_model::{
    account::AccountRow,
    filter::InstanceFilter,
    freshness::HarvestState,
    overview::{Attention, AttentionReason},
    patch_status::StatusCounts,
};
use std::cmp::Reverse;

/// The most accounts shown.
const LINES_MAX: usize = 6;
/// A smaller share of failed runs is normal.
const FAILED_RUNS_SHARE: f64 = 0.2;

/// Something that needs attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concern {
    pub reason: AttentionReason,
    /// The number of instances concerned, or of accounts, updates or runs where the reason is about these.
    pub count: u64,
    pub why: String,
}

/// The figures that decide what needs attention.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    pub status: StatusCounts,
    pub pending_os_updates: u64,
    pub overdue: u64,
    pub runs_succeeded: u64,
    pub runs_total: u64,
    pub accounts: u64,
    /// Accounts whose figures are out of date or unknown.
    pub unread_accounts: u64,
    /// Of these, accounts that were never harvested.
    pub never_accounts: u64,
}

impl Figures {
    /// Adds up accounts.
    pub fn of<'a>(accounts: impl IntoIterator<Item = &'a AccountRow>) -> Self {
        accounts.into_iter().fold(Self::default(), |sum, account| Self {
            status: [sum.status, account.status].into_iter().sum(),
            pending_os_updates: sum.pending_os_updates + account.pending_os_updates,
            overdue: sum.overdue,
            runs_succeeded: sum.runs_succeeded + account.runs_succeeded,
            runs_total: sum.runs_total + account.runs_total,
            accounts: sum.accounts + 1,
            unread_accounts: sum.unread_accounts + u64::from(is_unread(account.harvest_state)),
            never_accounts: sum.never_accounts + u64::from(account.harvest_state == HarvestState::Never),
        })
    }

    /// Returns everything that needs attention, worst first.
    pub fn concerns(&self) -> Vec<Concern> {
        let Self { status, overdue, runs_succeeded, runs_total, .. } = *self;
        let failed_runs = runs_total - runs_succeeded;
        let many_runs_fail = failed_runs > 1 && failed_runs as f64 >= FAILED_RUNS_SHARE * runs_total as f64;
        let unread = match (self.never_accounts, self.unread_accounts - self.never_accounts) {
            (never, 0) => format!("{never} of {} never harvested", accounts(self.accounts)),
            (0, unread) => format!("{unread} of {} not harvested lately", accounts(self.accounts)),
            (never, unread) => {
                format!("{never} of {} never harvested and {unread} not lately", accounts(self.accounts))
            }
        };
        let failed = instances(status.failed, " has an update that", " have updates that");
        let concern = |reason, count, why| Concern { reason, count, why };
        let mut all = vec![
            concern(AttentionReason::HarvestFailing, self.unread_accounts, unread),
            concern(
                AttentionReason::OverdueUpdates,
                overdue,
                if overdue == 1 { "1 update is overdue".to_owned() } else { format!("{overdue} updates are overdue") },
            ),
            concern(AttentionReason::FailedInstances, status.failed, format!("{failed} failed to install")),
            concern(
                AttentionReason::FailedRuns,
                if many_runs_fail { failed_runs } else { 0 },
                format!("{failed_runs} of {runs_total} latest install runs did not succeed"),
            ),
            concern(
                AttentionReason::PendingInstances,
                status.pending,
                instances(status.pending, " has pending updates", " have pending updates"),
            ),
            concern(
                AttentionReason::DetailsMissing,
                status.details_missing,
                format!("AWS counts updates on {} and does not list them", instances(status.details_missing, "", "")),
            ),
            concern(
                AttentionReason::StaleInstances,
                status.stale,
                format!("{} not been scanned lately", instances(status.stale, " has", " have")),
            ),
            concern(
                AttentionReason::NeverScanned,
                status.no_data,
                format!("{} never scanned", instances(status.no_data, " was", " were")),
            ),
            concern(
                AttentionReason::PendingReboot,
                status.pending_reboot,
                format!("{} a reboot", instances(status.pending_reboot, " needs", " need")),
            ),
            concern(
                AttentionReason::NonCompliant,
                status.non_compliant,
                format!(
                    "{} a rejected update or available security updates",
                    instances(status.non_compliant, " has", " have")
                ),
            ),
            concern(
                AttentionReason::Unsupported,
                status.unsupported,
                format!("Patch Manager does not support the system of {}", instances(status.unsupported, "", "")),
            ),
        ];
        all.retain(|concern| concern.count > 0);
        all
    }
}

/// Returns the accounts with the worst problems, worst first, and the number of all accounts with problems.
pub fn attention(rows: &[AccountRow]) -> (Vec<Attention>, u64) {
    let mut lines: Vec<Attention> = rows.iter().filter_map(worst).collect();
    let all = lines.len() as u64;
    lines.sort_by_key(|line| (line.reason, Reverse(line.count), line.account_name.clone()));
    lines.truncate(LINES_MAX);
    (lines, all)
}

/// Returns an account's worst problem, if it has one.
fn worst(account: &AccountRow) -> Option<Attention> {
    let Concern { reason, count, why } = Figures::of([account]).concerns().into_iter().next()?;
    let why = match (reason, account.harvest_state) {
        (AttentionReason::HarvestFailing, HarvestState::Never) => "no harvest has succeeded yet".to_owned(),
        (AttentionReason::HarvestFailing, HarvestState::Stale) => {
            "the last harvest is too old: its figures are out of date".to_owned()
        }
        (AttentionReason::HarvestFailing, _) => {
            "the last harvest failed: its figures are from the last good one".to_owned()
        }
        _ => why,
    };
    let among = InstanceFilter { account: Some(account.account_id.clone()), ..InstanceFilter::default() };
    Some(Attention {
        provider: account.provider.clone(),
        account_id: account.account_id.clone(),
        account_name: account.account_name.clone(),
        reason,
        count,
        why,
        href: reason.list(among),
    })
}

fn is_unread(state: HarvestState) -> bool {
    matches!(state, HarvestState::Failing | HarvestState::Never | HarvestState::Stale)
}

fn accounts(count: u64) -> String {
    if count == 1 { "1 account".to_owned() } else { format!("{count} accounts") }
}

fn instances(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 instance{one}") } else { format!("{count} instances{many}") }
}
