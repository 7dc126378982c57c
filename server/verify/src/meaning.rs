//! What the figures mean, written a second time from the design and not from `figures`: the two are held against each
//! other, so neither may use the other's code.

use super::rows::{Harvest, Instance, Region};
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

/// An Install run counts for so long.
const RUNS_COUNT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What is due within this time is due soon.
const SOON: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Times to patch count for so long.
const TIMES_COUNT_FOR: SignedDuration = SignedDuration::from_hours(365 * 24);

/// How long an update was or is pending, and what became of it.
pub enum PatchTime {
    Open(SignedDuration),
    Installed(SignedDuration),
    Gone(SignedDuration),
}

impl PatchTime {
    pub fn count(&self, counts: &mut PatchTimes) {
        counts.updates += 1;
        *match self {
            Self::Open(_) => &mut counts.open,
            Self::Installed(_) => &mut counts.installed,
            Self::Gone(_) => &mut counts.gone,
        } += 1;
    }

    pub fn took_ms(&self) -> i64 {
        let (Self::Open(took) | Self::Installed(took) | Self::Gone(took)) = self;
        took.as_secs().saturating_mul(1_000).saturating_add(i64::from(took.subsec_millis())).max(0)
    }
}

/// What decides when the clock of a pending update starts.
pub struct Clock {
    pub pending_since: Timestamp,
    pub first_seen_at: Timestamp,
    pub machine_seen_at: Timestamp,
    pub released: Option<Date>,
    /// Days that the machine's baseline waits.
    pub waits: Option<i64>,
}

/// What "now" and "old" are.
#[derive(Clone, Copy)]
pub struct Moment {
    pub now: Timestamp,
    pub limits: Limits,
    /// What ended before this day is not counted any more, because not all of it is known.
    pub kept_since: Option<Date>,
}

impl Moment {
    fn age(self, at: Timestamp) -> SignedDuration {
        self.now.duration_since(at)
    }

    /// The one of six, in their order.
    pub fn patch_status(self, instance: &Instance) -> PatchStatus {
        let Some(scanned_at) = instance.scan.as_ref().and_then(|scan| scan.ended_at) else {
            return PatchStatus::NoData;
        };
        if self.age(scanned_at) > self.limits.stale_scan {
            PatchStatus::Stale
        } else if instance.updates.failed() > 0 {
            PatchStatus::Failed
        } else if instance.updates.missing() > 0 {
            PatchStatus::Pending
        } else if instance.updates.pending_reboot() > 0 {
            PatchStatus::PendingReboot
        } else {
            PatchStatus::UpToDate
        }
    }

    /// Whether a run that was asked for then counts towards run success.
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

    /// Times to patch go back to here: so long, or as long as there is history.
    fn times_since(self) -> Option<Timestamp> {
        let kept = self.kept_since.and_then(|day| Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok());
        // Of nothing and something, something is the greater.
        self.now.checked_sub(TIMES_COUNT_FOR).ok().max(kept)
    }

    /// `ended` with when and whether it was installed then; none where it ended too long ago to count.
    pub fn patch_time(self, since: Timestamp, ended: Option<(Timestamp, bool)>) -> Option<PatchTime> {
        // Milliseconds, as the published side takes them.
        let whole = |at: Timestamp| at.as_millisecond();
        let took = |until: Timestamp| SignedDuration::from_millis(whole(until) - whole(since));
        match ended {
            None => Some(PatchTime::Open(took(self.now))),
            Some((at, _)) if self.times_since().is_some_and(|first| at < first) => None,
            Some((at, true)) => Some(PatchTime::Installed(took(at))),
            Some((at, false)) => Some(PatchTime::Gone(took(at))),
        }
    }

    /// The month in which it became pending, of those that are told apart: the first whole one of the span and later.
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

    pub fn harvest_state(self, region: &Region, last: Option<&Harvest>) -> HarvestState {
        let outcome = last.map(|harvest| harvest.outcome.as_str());
        match region.last_read_at {
            None => HarvestState::Never,
            Some(_) if outcome == Some("failed") => HarvestState::Failing,
            Some(at) if self.age(at) > self.limits.stale_harvest => HarvestState::Stale,
            Some(_) if outcome == Some("partial") => HarvestState::Partial,
            Some(_) => HarvestState::Fresh,
        }
    }
}

/// Whether an invocation in this status is over, and then whether it succeeded.
pub fn run_outcome(status: &str) -> Option<bool> {
    match status {
        "Success" => Some(true),
        "Failed" | "TimedOut" | "Cancelled" => Some(false),
        _ => None,
    }
}

/// The rung of a vendor's word. What apt calls a priority is none.
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

/// The day on which Windows' monthly updates come out, of the month in a title.
pub fn release_day(title: &str, platform_type: &str) -> Option<Date> {
    let (month, _) = title.split_once(' ').filter(|_| platform_type == "Windows" && !title.contains("Preview"))?;
    let (year, month) = month.split_once('-').filter(|(year, month)| year.len() == 4 && month.len() == 2)?;
    let year = year.parse().ok().filter(|year| (2000..2100).contains(year))?;
    Date::new(year, month.parse().ok()?, 1).ok()?.nth_weekday_of_month(2, Weekday::Tuesday).ok()
}

/// When the days begin to count.
pub fn clock_starts(clock: &Clock) -> Timestamp {
    let &Clock { pending_since, first_seen_at, machine_seen_at, released, waits } = clock;
    // It was there before it was pending, in another state: nothing was approved anew.
    if pending_since > first_seen_at {
        return pending_since;
    }
    let released = released.filter(|day| *day <= Offset::UTC.to_datetime(pending_since).date());
    let approved = released.zip(waits).and_then(|(day, days)| {
        let midnight = Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()?;
        midnight.checked_add(SignedDuration::from_hours(24 * days)).ok()
    });
    approved.map_or(pending_since, |approved| approved.max(machine_seen_at).min(pending_since))
}

/// An agent's version to compare by: its first three numbers, none of them so great that somebody made it up.
pub fn agent_version(text: &str) -> [i64; 3] {
    let mut numbers = [0; 3];
    for (place, part) in text.split('.').take(3).enumerate() {
        let most = if place == 0 { 999 } else { 99_999 };
        numbers[place] = part.parse::<i64>().unwrap_or(0).clamp(0, most);
    }
    numbers
}

/// Whether an agent is the latest, `newest` being the newest one that a Linux machine reports as that. On Windows what
/// the agent says of itself means nothing.
pub fn agent_is_latest(instance: &Instance, newest: Option<[i64; 3]>) -> bool {
    match instance.agent_says_latest {
        Some(says) if instance.platform_type != "Windows" => says,
        _ => newest.is_none_or(|newest| agent_version(&instance.agent_version) >= newest),
    }
}

/// A share in percent with one decimal.
pub fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (100.0 * part as f64 / whole as f64 * 10.0).round() / 10.0)
}
