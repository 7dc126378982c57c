//! How fast each operation of each systems account and Region is asked: AWS limits them one by one, publishes no
//! figures for most, and says only "slower" when it is too late.
//!
//! A bucket starts at a rate that is known to be safe and spaces its calls evenly. While calls are answered the rate
//! grows; a throttled one cuts it and is remembered as the ceiling, below which it recovers quickly and beyond which it
//! probes slowly. Buckets outlive rounds: what was learned of an account is not learned again.

use super::snapshot::Target;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// A throttled bucket goes on at this share of its rate.
const CUT: f64 = 0.8;
/// Refusals within so short a time are one refusal: calls were under way when the first came.
const CUT_APART: Duration = Duration::from_secs(1);
/// Below this share of the ceiling the rate recovers quickly.
const NEAR_CEILING: f64 = 0.95;
/// Of the ceiling, each second, while recovering.
const RECOVERY_PER_SECOND: f64 = 0.1;
/// Calls a second, each second, while probing beyond the ceiling.
const PROBE_PER_SECOND: f64 = 0.05;
/// A bucket that was not asked for a while learned nothing in that time.
const GROWTH_STEP_MAX: Duration = Duration::from_secs(1);

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
    /// The rate at which AWS last said no.
    ceiling: Option<f64>,
    /// When the next call may leave.
    next_at: Instant,
    grown_at: Instant,
    cut_at: Option<Instant>,
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
        Self { per_second: pacing.start_per_second, ceiling: None, next_at: now, grown_at: now, cut_at: None }
    }

    fn reserve(&mut self, now: Instant) -> Instant {
        let at = self.next_at.max(now);
        self.next_at = at + Duration::from_secs_f64(1.0 / self.per_second);
        at
    }

    fn answered(&mut self, now: Instant, pacing: &Pacing) {
        let passed = now.duration_since(self.grown_at).min(GROWTH_STEP_MAX).as_secs_f64();
        self.grown_at = now;
        let growth = match self.ceiling {
            Some(ceiling) if self.per_second < NEAR_CEILING * ceiling => RECOVERY_PER_SECOND * ceiling,
            _ => PROBE_PER_SECOND,
        };
        self.per_second = (self.per_second + growth * passed).min(pacing.most_per_second);
    }

    fn throttled(&mut self, now: Instant, pause: Duration, pacing: &Pacing) {
        if self.cut_at.is_none_or(|cut| now.duration_since(cut) >= CUT_APART) {
            self.ceiling = Some(self.per_second);
            self.per_second = (self.per_second * CUT).max(pacing.least_per_second);
            self.cut_at = Some(now);
        }
        self.grown_at = now;
        self.next_at = self.next_at.max(now + pause);
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

    /// Plays `seconds` of a bucket against a limit like AWS's, which holds one second's worth; returns the calls that
    /// were answered and those that were refused.
    fn play(limit: f64, seconds: u64, pacing: &Pacing) -> (u32, u32) {
        let start = Instant::now();
        let end = start + Duration::from_secs(seconds);
        let mut bucket = Bucket::new(start, pacing);
        let (mut tokens, mut since) = (limit.max(1.0), start);
        let (mut answered, mut refused) = (0, 0);
        loop {
            let at = bucket.reserve(since);
            if at >= end {
                return (answered, refused);
            }
            tokens = (tokens + at.duration_since(since).as_secs_f64() * limit).min(limit.max(1.0));
            since = at;
            if tokens >= 1.0 {
                tokens -= 1.0;
                answered += 1;
                bucket.answered(at, pacing);
            } else {
                refused += 1;
                bucket.throttled(at, Duration::from_millis(750), pacing);
            }
        }
    }

    #[test]
    fn calls_are_spaced_from_the_first_second_on() {
        let (answered, refused) = play(1_000.0, 1, &Pacing::default());
        // The rate may have grown by a hair within the second.
        assert!((5..=6).contains(&answered) && refused == 0, "{answered} answered, {refused} refused");
    }

    #[test]
    fn a_limit_is_used_to_nine_tenths_with_few_refusals() {
        for limit in [2.0, 5.0, 10.0] {
            let (answered, refused) = play(limit, 600, &Pacing::default());
            let used = f64::from(answered) / (limit * 600.0);
            assert!(used > 0.9, "of {limit}/s only {used:.2} were used");
            assert!(f64::from(refused) < 0.15 * f64::from(answered) + 20.0, "{refused} refusals at {limit}/s");
        }
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
