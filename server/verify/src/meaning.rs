//! The definitions of the figures in Rust. They are written from the design and share no code with
//! [`muster_metrics`], because each checks the other.

use super::rows::{Counted, InstallResult, Instance, Region};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::Offset};
use muster_metrics::Limits;
use muster_model::{
    freshness::HarvestState,
    instance_state::InstanceState,
    patch_status::PatchStatus,
    run::RunContradiction,
    service_level::{DueCounts, PatchTimes},
    severity::SeverityBand,
};

/// The state of an update that is not installed.
pub const MISSING: &str = "Missing";
/// The state of an update whose installation failed.
pub const FAILED: &str = "Failed";
/// The state of an update that is installed and waits for a reboot.
pub const PENDING_REBOOT: &str = "InstalledPendingReboot";

/// The state of an installed update that the baseline rejects.
pub const REJECTED: &str = "InstalledRejected";
/// The state of a security update that exists and is not approved.
pub const AVAILABLE: &str = "AvailableSecurityUpdate";

/// How long an Install run counts.
const RUNS_COUNT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// An update that is due within this time is due soon.
const SOON: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long times to patch count.
const TIMES_COUNT_FOR: SignedDuration = SignedDuration::from_hours(365 * 24);

/// When an update stopped being pending, and whether it was installed then. Nothing while it is pending.
pub type Ended = Option<(Timestamp, bool)>;

/// The moment and the limits that definitions depend on.
#[derive(Clone, Copy)]
pub struct Moment {
    pub now: Timestamp,
    pub limits: Limits,
    /// Updates that ended before this day do not count, because the history before it is incomplete.
    pub kept_since: Option<Date>,
}

impl Moment {
    fn age(self, at: Timestamp) -> SignedDuration {
        self.now.duration_since(at)
    }

    /// Returns the instance's one status: the first that applies.
    pub fn patch_status(self, instance: &Instance) -> PatchStatus {
        if instance.unsupported_at.is_some_and(|at| instance.scanned_at.is_none_or(|scanned_at| at > scanned_at)) {
            return PatchStatus::Unsupported;
        }
        let Some(scanned_at) = instance.scanned_at else {
            return PatchStatus::NoData;
        };
        if self.age(scanned_at) > self.limits.stale_scan {
            PatchStatus::Stale
        } else if instance.updates.in_state(FAILED) > 0 {
            PatchStatus::Failed
        } else if instance.updates.in_state(MISSING) > 0 {
            PatchStatus::Pending
        } else if details_missing(instance) > 0 {
            PatchStatus::DetailsMissing
        } else if instance.updates.in_state(PENDING_REBOOT) > 0 {
            PatchStatus::PendingReboot
        } else if instance.updates.in_state(REJECTED) > 0 || available_is_non_compliant(instance) {
            PatchStatus::NonCompliant
        } else {
            PatchStatus::UpToDate
        }
    }

    /// Returns whether the instance runs, as far as is known.
    pub fn instance_state(self, instance: &Instance, region: &Region) -> InstanceState {
        let reported = instance.instance_state.as_str();
        let harvest = self.harvest_state(region);
        if instance.is_duplicate {
            return InstanceState::Duplicate;
        }
        match instance.gone_at {
            Some(_) if reported == "terminated" => InstanceState::Terminated,
            Some(_) => InstanceState::Deregistered,
            None if !matches!(harvest, HarvestState::Fresh | HarvestState::Partial) => InstanceState::Unreadable,
            None if reported == "stopped" => InstanceState::Stopped,
            None if instance.ping_status == "Online" && reported != "agent_lost" => InstanceState::Online,
            None => InstanceState::AgentLost,
        }
    }

    /// Returns whether a run that was requested at this time counts towards run success.
    pub fn run_counts(self, requested_at: Timestamp) -> bool {
        self.age(requested_at) <= RUNS_COUNT_FOR
    }

    pub fn count_due(self, counts: &mut DueCounts, due_at: Timestamp, pending_since: Timestamp, is_excepted: bool) {
        let left = due_at.duration_since(self.now);
        counts.open += 1;
        counts.overdue += u64::from(left.is_negative());
        counts.overdue_excepted += u64::from(left.is_negative() && is_excepted);
        counts.overdue_unexcepted += u64::from(left.is_negative() && !is_excepted);
        counts.due_soon += u64::from(!left.is_negative() && left <= SOON);
        let oldest = counts.oldest_pending_since.map_or(pending_since, |oldest| oldest.min(pending_since));
        counts.oldest_pending_since = Some(oldest);
    }

    /// Returns the start of the times to patch: their window, or the start of the history if that is later.
    fn times_since(self) -> Option<Timestamp> {
        let kept = self.kept_since.and_then(|day| Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok());
        // `None` is less than any time.
        self.now.checked_sub(TIMES_COUNT_FOR).ok().max(kept)
    }

    /// Returns whether an update counts towards the times to patch: it is pending, or ended within the window.
    pub fn time_counts(self, ended: Ended) -> bool {
        ended.is_none_or(|(at, _)| self.times_since().is_none_or(|first| at >= first))
    }

    /// Returns how long an update was or is pending. Published figures are computed from milliseconds, too.
    pub fn took_ms(self, since: Timestamp, ended: Ended) -> i64 {
        let until = ended.map_or(self.now, |(at, _)| at);
        (until.as_millisecond() - since.as_millisecond()).max(0)
    }

    /// Returns the month in which an update became pending. Months before the first whole one of the window are one
    /// group.
    pub fn patch_month(self, since: Timestamp) -> String {
        let month = |at: Timestamp| {
            let day = Offset::UTC.to_datetime(at);
            (day.year(), day.month())
        };
        let (year, number) = month(since);
        match self.times_since().is_some_and(|first| (year, number) > month(first)) {
            true => format!("{year:04}-{number:02}"),
            false => "earlier".to_owned(),
        }
    }

    pub fn harvest_state(self, region: &Region) -> HarvestState {
        let outcome = region.outcome.as_deref();
        match region.last_read_at {
            None => HarvestState::Never,
            Some(_) if outcome == Some("failed") => HarvestState::Failing,
            Some(at) if self.age(at) > self.limits.stale_harvest => HarvestState::Stale,
            Some(_) if outcome == Some("partial") => HarvestState::Partial,
            Some(_) => HarvestState::Fresh,
        }
    }
}

/// Counts an update by its end.
pub fn count_time(counts: &mut PatchTimes, ended: Ended) {
    counts.updates += 1;
    *match ended {
        None => &mut counts.open,
        Some((_, true)) => &mut counts.installed,
        Some((_, false)) => &mut counts.gone,
    } += 1;
}

/// Returns whether a run result with this status succeeded, or nothing if it is not finished.
pub fn run_outcome(status: &str) -> Option<bool> {
    match status {
        "Success" => Some(true),
        "Failed" | "TimedOut" | "Cancelled" => Some(false),
        _ => None,
    }
}

/// Returns how many updates AWS calls non-compliant at least. One can be both critical and a security update.
fn aws_non_compliant(counted: &Counted) -> u64 {
    counted.critical.max(counted.security) + counted.other
}

/// Returns how many updates AWS counts that are in no row: the sum over the states, or what is missing from its counts of
/// non-compliant updates, if that is more. Rows that were left out because the update has another row are no difference,
/// so far as the store says that there were any.
pub fn details_missing(instance: &Instance) -> u64 {
    let Counted { missing, failed, pending_reboot, rejected, available, stored_details_missing, repeated, .. } =
        instance.counted;
    let rows = |state| instance.updates.in_state(state);
    let by_state = [
        (missing, MISSING),
        (failed, FAILED),
        (pending_reboot, PENDING_REBOOT),
        (rejected, REJECTED),
        (available, AVAILABLE),
    ];
    let listed: u64 = by_state.iter().map(|(_, state)| rows(state)).sum();
    let by_state: u64 = by_state.iter().map(|(counted, state)| counted.saturating_sub(rows(state))).sum();
    let all = by_state.max(aws_non_compliant(&instance.counted).saturating_sub(listed));
    stored_details_missing.clamp(all.saturating_sub(repeated), all)
}

/// Returns whether available security updates make the instance non-compliant: by its baseline, or because AWS counts
/// more non-compliant updates than there are in all other states.
fn available_is_non_compliant(instance: &Instance) -> bool {
    let rows = |state| instance.updates.in_state(state);
    let others = rows(MISSING) + rows(FAILED) + rows(PENDING_REBOOT) + rows(REJECTED);
    rows(AVAILABLE) > 0
        && (instance.available_compliance.as_deref() == Some("NON_COMPLIANT")
            || aws_non_compliant(&instance.counted) > others)
}

/// Returns how an instance contradicts a result of its latest Install run, by a patch operation that ended later.
pub fn contradiction(instance: &Instance, result: &InstallResult) -> Option<RunContradiction> {
    let is_reported = instance.scanned_at.zip(result.finished_at).is_some_and(|(scanned, finished)| scanned > finished);
    if !is_reported || !instance.is_current() {
        return None;
    }
    let since = instance.updates.pending_since;
    match result.status.as_str() {
        "Failed" if instance.updates.pending() == 0 => Some(RunContradiction::FailedButPatched),
        "Success" if since.is_some_and(|since| since < result.requested_at) => {
            Some(RunContradiction::SucceededButPending)
        }
        "Success" if instance.updates.in_state(PENDING_REBOOT) > 0 => Some(RunContradiction::RebootNotDone),
        _ if instance.alternates => Some(RunContradiction::BaselinesAlternate),
        _ => None,
    }
}

/// Returns whether an update in this state is pending.
pub fn is_pending(state: &str) -> bool {
    [MISSING, FAILED].contains(&state)
}

/// Returns the severity band of a vendor's word. An apt priority has none.
pub fn severity(word: &str, uses_apt: bool) -> SeverityBand {
    if uses_apt {
        return SeverityBand::Unrated;
    }
    let is = |other: &str| word.eq_ignore_ascii_case(other);
    if is("Critical") {
        SeverityBand::Critical
    } else if is("Important") || is("High") {
        SeverityBand::Important
    } else if is("Moderate") || is("Medium") {
        SeverityBand::Moderate
    } else if is("Low") {
        SeverityBand::Low
    } else {
        SeverityBand::Unrated
    }
}

/// Returns a share in percent with one decimal, rounded down: less than all is never 100 %.
pub fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (1000 * part / whole) as f64 / 10.0)
}
