//! The definitions of the figures in Rust. They are written from the design and share no code with
//! [`muster_metrics`], because each checks the other.

use super::rows::{Instance, Region};
use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Weekday},
    tz::Offset,
};
use muster_metrics::Limits;
use muster_model::{
    freshness::HarvestState,
    patch_status::PatchStatus,
    service_level::{DueCounts, PatchTimes},
    severity::SeverityBand,
};

/// The state of an update that is not installed.
pub const MISSING: &str = "Missing";
/// The state of an update whose installation failed.
pub const FAILED: &str = "Failed";
/// The state of an update that is installed and waits for a reboot.
pub const PENDING_REBOOT: &str = "InstalledPendingReboot";

/// How long an Install run counts.
const RUNS_COUNT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// An update that is due within this time is due soon.
const SOON: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long times to patch count.
const TIMES_COUNT_FOR: SignedDuration = SignedDuration::from_hours(365 * 24);

/// When an update stopped being pending, and whether it was installed then. Nothing while it is pending.
pub type Ended = Option<(Timestamp, bool)>;

/// What determines when the clock of a pending update starts.
pub struct Clock {
    pub pending_since: Timestamp,
    pub first_seen_at: Timestamp,
    pub instance_first_seen_at: Timestamp,
    pub released: Option<Date>,
    /// The approval delay of the instance's baseline.
    pub approval_delay_days: Option<i64>,
}

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
        let Some(scanned_at) = instance.scanned_at else {
            return PatchStatus::NoData;
        };
        if self.age(scanned_at) > self.limits.stale_scan {
            PatchStatus::Stale
        } else if instance.updates.in_state(FAILED) > 0 {
            PatchStatus::Failed
        } else if instance.updates.in_state(MISSING) > 0 {
            PatchStatus::Pending
        } else if instance.updates.in_state(PENDING_REBOOT) > 0 {
            PatchStatus::PendingReboot
        } else {
            PatchStatus::UpToDate
        }
    }

    /// Returns whether a run that was requested at this time counts towards run success.
    pub fn run_counts(self, requested_at: Timestamp) -> bool {
        self.age(requested_at) <= RUNS_COUNT_FOR
    }

    pub fn count_due(self, counts: &mut DueCounts, due_at: Timestamp, pending_since: Timestamp) {
        let left = due_at.duration_since(self.now);
        counts.open += 1;
        counts.overdue += u64::from(left.is_negative());
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

/// Returns whether an update in this state is pending.
pub fn is_pending(state: &str) -> bool {
    [MISSING, FAILED].contains(&state)
}

/// Returns the severity band of a vendor's word. An apt priority has none.
pub fn severity(word: &str, platform: &str) -> SeverityBand {
    if platform.starts_with("Ubuntu") || platform.starts_with("Debian") {
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

/// Returns the day on which the monthly Windows updates of a title's month were released.
pub fn release_day(title: &str, platform_type: &str) -> Option<Date> {
    let (month, _) = title.split_once(' ').filter(|_| platform_type == "Windows" && !title.contains("Preview"))?;
    let (year, month) = month.split_once('-').filter(|(year, month)| year.len() == 4 && month.len() == 2)?;
    let year = year.parse().ok().filter(|year| (2000..2100).contains(year))?;
    Date::new(year, month.parse().ok()?, 1).ok()?.nth_weekday_of_month(2, Weekday::Tuesday).ok()
}

/// Returns when the days of the service level start to count.
pub fn clock_starts(clock: &Clock) -> Timestamp {
    let &Clock { pending_since, first_seen_at, instance_first_seen_at, released, approval_delay_days } = clock;
    // It was reported in another state before, so it was approved before.
    if pending_since > first_seen_at {
        return pending_since;
    }
    let released = released.filter(|day| *day <= Offset::UTC.to_datetime(pending_since).date());
    let approved = released.zip(approval_delay_days).and_then(|(day, days)| {
        let midnight = Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()?;
        midnight.checked_add(SignedDuration::from_hours(24 * days)).ok()
    });
    approved.map_or(pending_since, |approved| approved.max(instance_first_seen_at).min(pending_since))
}

/// Parses an agent's version for comparisons: its first three numbers, each capped at a plausible maximum.
pub fn agent_version(text: &str) -> [i64; 3] {
    let mut numbers = [0; 3];
    for (place, part) in text.split('.').take(3).enumerate() {
        let most = if place == 0 { 999 } else { 99_999 };
        numbers[place] = part.parse::<i64>().unwrap_or(0).clamp(0, most);
    }
    numbers
}

/// Returns whether an agent is the latest, given the newest one that a Linux instance reports as the latest. The flag
/// of Windows agents means nothing.
pub fn agent_is_latest(instance: &Instance, newest: Option<[i64; 3]>) -> bool {
    match instance.agent_is_latest {
        Some(says) if instance.platform_type != "Windows" => says,
        _ => newest.is_none_or(|newest| agent_version(&instance.agent_version) >= newest),
    }
}

/// Returns a share in percent with one decimal.
pub fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (100.0 * part as f64 / whole as f64 * 10.0).round() / 10.0)
}
