//! Rounds on a timer. A round takes no input, may run at any time, and is its own retry: the next one is the retry.

use crate::{
    progress::Logged,
    round::{Harvester, RoundOptions},
};
use jiff::SignedDuration;
use muster_core::schedule::Schedule;
use muster_model::harvest::BrokenRound;
use std::time::Duration;

/// Runs rounds for ever: one now, and one each time the interval has passed since the last began.
pub async fn run(schedule: &Schedule, harvester: Harvester, interval: Duration) {
    let mut timer = tokio::time::interval(interval);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        let begun_at = harvester.clock.now();
        let next_round_at = SignedDuration::try_from(interval).ok().and_then(|it| begun_at.checked_add(it).ok());
        schedule.update(|status| {
            status.next_round_at = next_round_at;
            status.round_running = true;
        });
        let broken_off = harvester.round(&RoundOptions::default(), &Logged).await.err().map(|error| {
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
