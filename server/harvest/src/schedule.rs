//! Runs rounds on a timer. A round takes no input and may run at any time; the next round is the retry of a failed one.

use crate::{
    progress::LogProgress,
    round::{Harvester, RoundOptions},
};
use jiff::SignedDuration;
use muster_core::schedule::Schedule;
use muster_model::harvest::BrokenRound;
use std::time::Duration;

/// Runs rounds without end: one now, and one each time the interval has passed since the last one started.
pub async fn run(schedule: &Schedule, harvester: Harvester, interval: Duration) {
    let mut timer = tokio::time::interval(interval);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        let started_at = harvester.clock.now();
        let next_round_at = SignedDuration::try_from(interval).ok().and_then(|it| started_at.checked_add(it).ok());
        schedule.update(|status| {
            status.next_round_at = next_round_at;
            status.round_running = true;
        });
        let broken_off = harvester.round(&RoundOptions::default(), &LogProgress).await.err().map(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            tracing::error!(error.cause = %cause, "round failed: {error}");
            BrokenRound { at: harvester.clock.now(), message: error.to_string() }
        });
        schedule.update(|status| {
            status.round_running = false;
            status.broken_off = broken_off;
        });
    }
}
