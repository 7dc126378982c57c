//! Rounds on a timer. A round takes no input, may run at any time, and is its own retry: the next one is the retry.

use super::{
    progress::Logged,
    round::{Harvester, RoundOptions},
};
use crate::clock::SharedClock;
use jiff::{SignedDuration, Timestamp};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// When rounds run; the harvest page shows it.
#[derive(Default)]
pub struct Schedule {
    state: Mutex<State>,
}

#[derive(Clone, Copy, Default)]
struct State {
    next_round_at: Option<Timestamp>,
    running: bool,
}

impl Schedule {
    /// When the next round is due, if ever, and whether one runs now.
    pub fn status(&self) -> (Option<Timestamp>, bool) {
        let state = *self.state();
        (state.next_round_at, state.running)
    }

    /// Runs rounds for ever: one now, and one each time the interval has passed since the last began.
    pub async fn run(&self, harvester: Harvester, interval: Duration) {
        let mut timer = tokio::time::interval(interval);
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            timer.tick().await;
            self.set(&harvester.clock, interval, true);
            if let Err(error) = harvester.round(&RoundOptions::default(), &Logged).await {
                let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                tracing::error!(error.cause = %cause, "round failed: {error}");
            }
            self.set(&harvester.clock, interval, false);
        }
    }

    fn set(&self, clock: &SharedClock, interval: Duration, running: bool) {
        let interval = SignedDuration::try_from(interval).unwrap_or(SignedDuration::MAX);
        let mut state = self.state();
        if running {
            state.next_round_at = clock.now().checked_add(interval).ok();
        }
        state.running = running;
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
