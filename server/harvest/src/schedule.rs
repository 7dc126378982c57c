//! Runs rounds on a timer. A round takes no input and may run at any time; the next round is the retry of a failed one.

use crate::{
    due_targets::DueTargets,
    progress::LogProgress,
    round::{Harvester, RoundOptions},
    standing_failures::StandingFailures,
};
use jiff::SignedDuration;
use muster_core::schedule::Schedule;
use muster_model::harvest::BrokenRound;
use std::time::Duration;
use tokio::sync::watch;

/// What fails when the store does.
const ROUND: &str = "round";

/// Runs rounds without end: one now, and one each time the interval has passed since the last one started. Between them,
/// harvests what events are about; two rounds never run at the same time.
/// Each round uses the harvester that is current when it starts.
pub async fn run(schedule: &Schedule, mut current: watch::Receiver<Harvester>, interval: Duration, due: &DueTargets) {
    let mut timer = tokio::time::interval(interval);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let progress = LogProgress::default();
    let failures = StandingFailures::default();
    loop {
        let event_targets = tokio::select! {
            biased;
            _ = timer.tick() => None,
            targets = due.take() => Some(targets),
        };
        let harvester = current.borrow_and_update().clone();
        if event_targets.is_none() {
            due.clear();
            let started_at = harvester.clock.now();
            let next_round_at = SignedDuration::try_from(interval).ok().and_then(|it| started_at.checked_add(it).ok());
            schedule.update(|status| status.next_round_at = next_round_at);
        }
        schedule.update(|status| status.round_running = true);
        let options = RoundOptions { event_targets, ..RoundOptions::default() };
        let result = harvester.round(&options, &progress).await;
        if current.has_changed().unwrap_or(false) {
            // The round may have stored the accounts of its start after the changed ones were stored.
            let changed = current.borrow().clone();
            if let Err(error) = changed.sync().await {
                tracing::error!("cannot store the changed accounts: {error}");
            }
        }
        if result.is_ok() && failures.ends(ROUND) {
            tracing::info!("rounds succeed again");
        }
        let broken_off = result.err().map(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            if failures.starts(ROUND, &format!("{error} {cause}")) {
                tracing::error!(error.cause = %cause, "round failed: {error}");
            }
            BrokenRound { at: harvester.clock.now(), message: error.to_string() }
        });
        schedule.update(|status| {
            status.round_running = false;
            status.broken_off = broken_off;
        });
    }
}
