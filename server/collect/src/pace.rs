//! How fast each operation of each systems account and Region is asked: AWS limits them one by one, publishes no
//! figures for most, and says only "slower" when it is too late.
//!
//! A bucket starts at a rate that is known to be safe and spaces its calls evenly. Until AWS first refuses one the rate
//! doubles every few seconds. A refusal tells the limit: what was answered since the refusal before is what AWS allows
//! in that time. That is the bucket's ceiling. It goes on a little below, comes back to the ceiling fast at first and
//! slowly near it, stays about there, and then probes beyond it faster and faster: a limit that has risen is found, and
//! one that has not costs a refusal now and then. Buckets outlive rounds: what was learned of an account is not learned
//! again.

use muster_core::snapshot::Target;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// After a refusal a bucket goes on at this share of its ceiling.
const CUT: f64 = 0.95;
/// So many seconds of calls after a refusal it is at the ceiling again, and begins to probe beyond.
const RETURN_SECONDS: f64 = 15.0;
/// Before the first refusal the rate doubles in so many seconds of calls.
const DOUBLING_SECONDS: f64 = 10.0;
/// The ceiling after a refusal is no less than this share of the rate that was refused, whatever was measured.
const FALL_MAX: f64 = 0.7;
/// Fewer answers between two refusals measure nothing.
const MEASURED_ANSWERS_MIN: u32 = 3;
/// Refusals within so short a time are one refusal: calls were under way when the first came.
const CUT_APART: Duration = Duration::from_millis(500);
/// A bucket that was not asked for so long was idle: it learned nothing in that time.
const IDLE: Duration = Duration::from_secs(1);

/// The rates between which buckets move, and how long refused calls wait.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pacing {
    pub start_per_second: f64,
    pub least_per_second: f64,
    pub most_per_second: f64,
    /// The first pause after a throttled call; it doubles up to [`Self::PAUSES_MAX`] of it.
    pub throttled_pause: Duration,
    /// The first pause after a fault of the server or the network.
    pub fault_pause: Duration,
}

impl Pacing {
    /// A pause grows to so many times its first length.
    pub const PAUSES_MAX: u32 = 16;

    /// For AWS. Five calls a second is what its operations are known to bear.
    pub fn starting_at(calls_per_second: f64) -> Self {
        Self {
            start_per_second: calls_per_second,
            least_per_second: (calls_per_second / 10.0).max(0.1),
            most_per_second: calls_per_second * 4.0,
            throttled_pause: Duration::from_secs(1),
            fault_pause: Duration::from_millis(100),
        }
    }

    /// For an endpoint without limits of its own, such as a simulator on this machine.
    pub fn unlimited() -> Self {
        Self {
            start_per_second: 1_000_000.0,
            least_per_second: 100.0,
            most_per_second: 1_000_000.0,
            throttled_pause: Duration::from_millis(10),
            fault_pause: Duration::from_millis(10),
        }
    }
}

impl Default for Pacing {
    fn default() -> Self {
        Self::starting_at(5.0)
    }
}

/// The buckets of all systems accounts.
pub struct Pace {
    pub pacing: Pacing,
    places: Mutex<HashMap<(String, String), Arc<PlacePace>>>,
}

/// The buckets of one systems account and Region, one for each operation.
pub struct PlacePace {
    pub pacing: Pacing,
    buckets: Mutex<HashMap<&'static str, Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    per_second: f64,
    /// What AWS seems to allow; none before it first said no.
    ceiling: Option<f64>,
    /// When the next call may leave.
    next_at: Instant,
    grown_at: Instant,
    cut_at: Option<Instant>,
    /// Seconds of calls since then; idle ones do not count.
    busy_seconds: f64,
    /// Answers since then; none where the bucket was idle in between, because they say nothing of the limit.
    answers: Option<u32>,
}

impl Pace {
    pub fn new(pacing: Pacing) -> Self {
        Self { pacing, places: Mutex::default() }
    }

    pub fn place(&self, target: &Target) -> Arc<PlacePace> {
        let key = (target.systems_account.clone(), target.region.clone());
        let new = || Arc::new(PlacePace { pacing: self.pacing, buckets: Mutex::default() });
        lock(&self.places).entry(key).or_insert_with(new).clone()
    }
}

impl PlacePace {
    /// When the next call of the operation may leave; the moment is taken.
    pub fn reserve(&self, operation: &'static str) -> Instant {
        self.with(operation, |bucket, _, now| bucket.reserve(now))
    }

    pub fn answered(&self, operation: &'static str) {
        self.with(operation, |bucket, pacing, now| bucket.answered(now, pacing));
    }

    /// Slows the operation down, and lets none of its calls leave before the pause is over.
    pub fn throttled(&self, operation: &'static str, pause: Duration) {
        self.with(operation, |bucket, pacing, now| bucket.throttled(now, pause, pacing));
    }

    fn with<T>(&self, operation: &'static str, act: impl FnOnce(&mut Bucket, &Pacing, Instant) -> T) -> T {
        let now = Instant::now();
        let mut buckets = lock(&self.buckets);
        act(buckets.entry(operation).or_insert_with(|| Bucket::new(now, &self.pacing)), &self.pacing, now)
    }
}

impl Bucket {
    fn new(now: Instant, pacing: &Pacing) -> Self {
        Self {
            per_second: pacing.start_per_second,
            ceiling: None,
            next_at: now,
            grown_at: now,
            cut_at: None,
            busy_seconds: 0.0,
            answers: None,
        }
    }

    fn reserve(&mut self, now: Instant) -> Instant {
        if now > self.next_at + IDLE {
            self.answers = None;
        }
        let at = self.next_at.max(now);
        self.next_at = at + Duration::from_secs_f64(1.0 / self.per_second);
        at
    }

    fn answered(&mut self, now: Instant, pacing: &Pacing) {
        let seconds = now.duration_since(self.grown_at).min(IDLE).as_secs_f64();
        self.grown_at = now;
        self.busy_seconds += seconds;
        self.answers = self.answers.map(|answers| answers + 1);
        let rate = match self.ceiling {
            None => self.per_second * (seconds / DOUBLING_SECONDS).exp2(),
            // From the cut up to the ceiling, flat there, and then beyond it.
            Some(ceiling) => ceiling * (1.0 + (1.0 - CUT) * (self.busy_seconds / RETURN_SECONDS - 1.0).powi(3)),
        };
        self.per_second = rate.clamp(pacing.least_per_second, pacing.most_per_second);
    }

    fn throttled(&mut self, now: Instant, pause: Duration, pacing: &Pacing) {
        if self.cut_at.is_none_or(|cut| now.duration_since(cut) >= CUT_APART) {
            let ceiling = self.limit_measured(now).clamp(FALL_MAX * self.per_second, self.per_second);
            self.ceiling = Some(ceiling);
            self.per_second = (CUT * ceiling).max(pacing.least_per_second);
            self.cut_at = Some(now);
            self.busy_seconds = 0.0;
            self.answers = Some(0);
        }
        self.grown_at = now;
        self.next_at = self.next_at.max(now + pause);
    }

    /// AWS had nothing left at the last refusal and has nothing left now: what it answered in between is its limit.
    fn limit_measured(&self, now: Instant) -> f64 {
        match (self.cut_at, self.answers) {
            (Some(cut), Some(answers)) if answers >= MEASURED_ANSWERS_MIN => {
                f64::from(answers) / now.duration_since(cut).as_secs_f64()
            }
            _ => 0.0,
        }
    }
}

/// Between half and all of the pause for the `n`th refusal in a row, so that callers do not return together.
pub fn pause(first: Duration, refusals: u32) -> Duration {
    let factor = 1_u32.checked_shl(refusals).unwrap_or(Pacing::PAUSES_MAX).min(Pacing::PAUSES_MAX);
    (first * factor).mul_f64(0.5 + fastrand::f64() / 2.0)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a bucket came to in a while.
    struct Played {
        answered: u32,
        refused: u32,
        seconds: f64,
    }

    /// Plays a bucket against a limit like AWS's, which holds one second's worth, until so much is answered or so many
    /// seconds are over. The limit may change with time.
    fn play(limit: impl Fn(f64) -> f64, calls: u32, seconds: u64) -> Played {
        let (pacing, start) = (Pacing::default(), Instant::now());
        let mut bucket = Bucket::new(start, &pacing);
        let (mut tokens, mut since) = (limit(0.0).max(1.0), start);
        let mut played = Played { answered: 0, refused: 0, seconds: 0.0 };
        while played.answered < calls {
            let at = bucket.reserve(since);
            if at >= start + Duration::from_secs(seconds) {
                break;
            }
            played.seconds = at.duration_since(start).as_secs_f64();
            let limit = limit(played.seconds);
            tokens = (tokens + at.duration_since(since).as_secs_f64() * limit).min(limit.max(1.0));
            since = at;
            if tokens >= 1.0 {
                tokens -= 1.0;
                played.answered += 1;
                bucket.answered(at, &pacing);
            } else {
                played.refused += 1;
                bucket.throttled(at, Duration::from_millis(750), &pacing);
            }
        }
        played
    }

    #[test]
    fn calls_are_spaced_from_the_first_second_on() {
        let played = play(|_| 1_000.0, u32::MAX, 1);
        // The rate may have grown by a hair within the second.
        assert!((5..=6).contains(&played.answered) && played.refused == 0, "{} answered", played.answered);
    }

    #[test]
    fn a_limit_is_used_to_nineteen_twentieths_with_few_refusals() {
        for limit in [2.0, 3.0, 5.0, 8.0, 10.0, 15.0] {
            let played = play(|_| limit, u32::MAX, 600);
            let used = f64::from(played.answered) / (limit * 600.0);
            let refused = f64::from(played.refused) / f64::from(played.answered);
            assert!(used >= 0.95, "of {limit}/s only {used:.3} were used");
            assert!(refused <= 0.05, "{refused:.3} refused at {limit}/s");
        }
    }

    #[test]
    fn calls_take_hardly_longer_than_the_limit_makes_them() {
        for calls in [20, 50, 100, 300, 1_500, 6_000] {
            let seconds = play(|_| 5.0, calls, u64::MAX >> 32).seconds;
            assert!(seconds <= 1.1 * f64::from(calls) / 5.0, "{calls} calls took {seconds:.1} s");
        }
    }

    #[test]
    fn a_limit_that_changes_is_found_again() {
        for (before, after) in [(4.0, 12.0), (12.0, 4.0), (10.0, 2.0), (2.0, 10.0)] {
            let played = play(|second| if second < 300.0 { before } else { after }, u32::MAX, 600);
            let used = f64::from(played.answered) / (300.0 * (before + after));
            let refused = f64::from(played.refused) / f64::from(played.answered);
            // A limit five times as high is found in a minute and a half.
            assert!(used >= 0.85, "of {before}/s and then {after}/s only {used:.3} were used");
            assert!(refused <= 0.05, "{refused:.3} refused");
        }
    }

    #[test]
    fn what_is_answered_between_pauses_says_nothing_of_the_limit() {
        let (pacing, now) = (Pacing::default(), Instant::now());
        let mut bucket = Bucket::new(now, &pacing);
        bucket.throttled(now, Duration::ZERO, &pacing);
        for call in 1..=10 {
            let at = bucket.reserve(now + Duration::from_secs(100 * call));
            bucket.answered(at, &pacing);
        }
        let rate = bucket.per_second;
        bucket.throttled(now + Duration::from_secs(1_001), Duration::ZERO, &pacing);
        assert_eq!(bucket.ceiling, Some(FALL_MAX * rate));
    }

    #[test]
    fn the_rate_keeps_between_its_bounds() {
        let pacing = Pacing::default();
        let now = Instant::now();
        let mut bucket = Bucket::new(now, &pacing);
        for second in 1..100 {
            bucket.throttled(now + Duration::from_secs(second), Duration::ZERO, &pacing);
        }
        assert_eq!(bucket.per_second, pacing.least_per_second);
        for second in 100..10_000 {
            bucket.answered(now + Duration::from_secs(second), &pacing);
        }
        assert_eq!(bucket.per_second, pacing.most_per_second);
    }

    #[test]
    fn pauses_grow_to_a_limit() {
        let first = Duration::from_secs(1);
        assert!(pause(first, 0) <= first);
        assert!(pause(first, 40) <= first * Pacing::PAUSES_MAX && pause(first, 40) >= first * Pacing::PAUSES_MAX / 2);
    }
}
