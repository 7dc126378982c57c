//! Runs the verification once a day while the portal serves.

use super::{Extent, verify};
use jiff::{SignedDuration, Timestamp};
use muster_model::verification::Verification;
use muster_reports::ReportSource;
use std::time::Duration;

/// The most mismatches that the harvest page and the log show.
const NAMED_MAX: usize = 10;
/// How long, and how often, a running round is waited for.
const ROUND_WAIT: Duration = Duration::from_secs(10);
const ROUND_WAITS_MAX: usize = 180;
/// The longest sleep before the clock is read again, in case it was set.
const SLEEP_MAX: SignedDuration = SignedDuration::from_mins(10);
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// Verifies at this hour of each day (UTC). Never returns.
pub async fn run(source: ReportSource, hour: u8) {
    loop {
        let due = next(source.clock.now(), hour);
        loop {
            let left = due.duration_since(source.clock.now());
            let Ok(sleep) = Duration::try_from(left.min(SLEEP_MAX)) else { break };
            if sleep.is_zero() {
                break;
            }
            tokio::time::sleep(sleep).await;
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

/// Verifies now and stores the result for the harvest page.
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
        return tracing::error!("cannot verify the figures: {error}");
    }
    for mismatch in &verification.first {
        tracing::error!(
            figure.what = mismatch.what,
            figure.place = mismatch.place,
            figure.published = mismatch.published,
            figure.recomputed = mismatch.recomputed,
            "a published figure differs from the one recomputed from stored rows"
        );
    }
    let (figures, mismatches) = (verification.figures, verification.mismatches);
    tracing::info!(verification.figures = figures, verification.mismatches = mismatches, "figures verified");
}

/// Returns the next start of this hour after `now`.
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
    fn finds_the_next_start_of_an_hour() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        assert_eq!(next(at("2025-11-23T02:40:00Z"), 3), at("2025-11-23T03:00:00Z"));
        assert_eq!(next(at("2025-11-23T03:00:00Z"), 3), at("2025-11-24T03:00:00Z"));
        assert_eq!(next(at("2025-11-23T03:00:00.5Z"), 3), at("2025-11-24T03:00:00Z"));
        assert_eq!(next(at("2025-11-23T23:30:00Z"), 0), at("2025-11-24T00:00:00Z"));
    }
}
