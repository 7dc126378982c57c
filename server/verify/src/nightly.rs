//! The verification that the portal does by itself, once a night, beside everything else.

use super::{Extent, verify};
use jiff::{SignedDuration, Timestamp};
use muster_model::verification::Verification;
use muster_reports::ReportSource;
use std::time::Duration;

/// Mismatches that the harvest page and the log name.
const NAMED_MAX: usize = 10;
/// A round under way is waited for, but not for ever.
const ROUND_WAIT: Duration = Duration::from_secs(10);
const ROUND_WAITS_MAX: usize = 180;
/// The clock is looked at again after this, should somebody set it meanwhile.
const NAP_MAX: SignedDuration = SignedDuration::from_mins(10);
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// Verifies at this hour of each day, UTC, for ever.
pub async fn run(source: ReportSource, hour: u8) {
    loop {
        let due = next(source.clock.now(), hour);
        loop {
            let left = due.duration_since(source.clock.now());
            let Ok(nap) = Duration::try_from(left.min(NAP_MAX)) else { break };
            if nap.is_zero() {
                break;
            }
            tokio::time::sleep(nap).await;
        }
        for _ in 0..ROUND_WAITS_MAX {
            if !source.schedule.status().round_running {
                break;
            }
            tokio::time::sleep(ROUND_WAIT).await;
        }
        once(&source).await;
    }
}

/// Verifies now and keeps the result for the harvest page.
pub async fn once(source: &ReportSource) -> Verification {
    let extent = Extent { pages_max: Extent::PAGES_AT_ONCE, today: !source.schedule.status().round_running };
    let verification = match verify(source, extent).await {
        Ok(mut verification) => {
            verification.first.truncate(NAMED_MAX);
            verification
        }
        Err(error) => {
            Verification { at: source.clock.now(), error: Some(error.to_string()), ..Verification::default() }
        }
    };
    log(&verification);
    source.schedule.verified(verification.clone());
    verification
}

fn log(verification: &Verification) {
    if let Some(error) = &verification.error {
        return tracing::error!("the figures could not be verified: {error}");
    }
    for mismatch in &verification.first {
        tracing::error!(
            figure.what = mismatch.what,
            figure.place = mismatch.place,
            figure.published = mismatch.published,
            figure.recomputed = mismatch.recomputed,
            "a published figure is not what the stored rows say"
        );
    }
    let (figures, mismatches) = (verification.figures, verification.mismatches);
    tracing::info!(verification.figures = figures, verification.mismatches = mismatches, "figures verified");
}

/// The next time after `now` at which this hour begins.
fn next(now: Timestamp, hour: u8) -> Timestamp {
    let of_day = now.as_second().rem_euclid(DAY_SECONDS);
    let ahead = match (i64::from(hour) * 60 * 60 - of_day).rem_euclid(DAY_SECONDS) {
        0 => DAY_SECONDS,
        ahead => ahead,
    };
    Timestamp::from_second(now.as_second() + ahead).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_comes_once_a_day() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        assert_eq!(next(at("2025-11-23T02:40:00Z"), 3), at("2025-11-23T03:00:00Z"));
        assert_eq!(next(at("2025-11-23T03:00:00Z"), 3), at("2025-11-24T03:00:00Z"));
        assert_eq!(next(at("2025-11-23T03:00:00.5Z"), 3), at("2025-11-24T03:00:00Z"));
        assert_eq!(next(at("2025-11-23T23:30:00Z"), 0), at("2025-11-24T00:00:00Z"));
    }
}
