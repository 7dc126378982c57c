//! What the figures mean, written a second time from the design and not from `figures`: the two are held against each
//! other, so neither may use the other's code.

use super::rows::{Harvest, Instance, Region};
use crate::figures::Limits;
use app::model::{freshness::HarvestState, patch_status::PatchStatus, severity::SeverityBand};
use jiff::{SignedDuration, Timestamp};

/// An Install run counts for so long.
const RUNS_COUNT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What "now" and "old" are.
#[derive(Clone, Copy)]
pub struct Moment {
    pub now: Timestamp,
    pub limits: Limits,
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
