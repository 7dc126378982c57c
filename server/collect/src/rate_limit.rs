//! Limits the request rate of each operation in each systems account and Region. AWS limits them one by one, documents no
//! figures for most, and says only that a request was throttled.
//!
//! The rate follows the curve of TCP CUBIC (RFC 9438), as the AWS SDKs' adaptive retry mode does. Until the first throttled
//! request it doubles every few seconds ("slow start"). Then it continues a little below the ceiling, returns to it fast at
//! first and slowly near it, stays about there, and probes beyond it faster and faster: a raised limit is found, and an
//! unchanged one costs a throttled request now and then. Unlike CUBIC, the ceiling is not the rate that was refused but
//! the rate that AWS answered between two refusals, and the time back to it is fixed. Limiters outlive rounds, so that an
//! account's limits are learned once.

use muster_core::snapshot::Target;
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::time::Instant;

/// After a refusal the rate is this share of the ceiling: CUBIC's β.
const DECREASE: f64 = 0.95;
/// Seconds of requests after which the rate is back at the ceiling and begins to probe beyond: CUBIC's K.
const RECOVERY_SECONDS: f64 = 15.0;
/// Seconds of requests in which the rate doubles before the first refusal.
const DOUBLING_SECONDS: f64 = 10.0;
/// The ceiling after a refusal is at least this share of the rate that was refused, whatever was measured.
const CEILING_MIN: f64 = 0.7;
/// The fewest answers between two refusals from which a limit is measured.
const MEASURED_ANSWERS_MIN: u32 = 3;
/// Refusals within this time count once: their requests were in flight together.
const REFUSAL_GROUP: Duration = Duration::from_millis(500);
/// A bucket without requests for this long was idle, and its answers do not measure the limit.
const IDLE: Duration = Duration::from_secs(1);

/// The range of the rates, and how long throttled and failed requests wait.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimits {
    pub start_per_second: f64,
    pub min_per_second: f64,
    pub max_per_second: f64,
    /// The first wait after a throttled request; it doubles up to [`Self::BACKOFF_FACTOR_MAX`] times as much.
    pub throttled_backoff: Duration,
    /// The first wait after a fault of the server or the network.
    pub fault_backoff: Duration,
}

impl RateLimits {
    /// How many times its first length a wait can grow to.
    pub const BACKOFF_FACTOR_MAX: u32 = 16;

    /// For AWS. Its operations are known to accept five requests a second.
    pub fn starting_at(requests_per_second: f64) -> Self {
        Self {
            start_per_second: requests_per_second,
            min_per_second: (requests_per_second / 10.0).max(0.1),
            max_per_second: requests_per_second * 4.0,
            throttled_backoff: Duration::from_secs(1),
            fault_backoff: Duration::from_millis(100),
        }
    }

    /// For an endpoint without limits of its own, such as a local simulator.
    pub fn unlimited() -> Self {
        Self {
            start_per_second: 1_000_000.0,
            min_per_second: 100.0,
            max_per_second: 1_000_000.0,
            throttled_backoff: Duration::from_millis(10),
            fault_backoff: Duration::from_millis(10),
        }
    }
}

impl Default for RateLimits {
    fn default() -> Self {
        Self::starting_at(5.0)
    }
}

/// The rate limiters of all systems accounts and Regions.
pub struct RateLimiter {
    pub limits: RateLimits,
    targets: Mutex<HashMap<(String, String), Arc<TargetRateLimiter>>>,
}

/// The rate limiter of one systems account and Region, with a bucket for each operation.
pub struct TargetRateLimiter {
    pub limits: RateLimits,
    buckets: Mutex<HashMap<&'static str, Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    per_second: f64,
    /// The rate that AWS seems to allow; None before the first refusal.
    ceiling: Option<f64>,
    /// When the next request may be sent.
    next_at: Instant,
    updated_at: Instant,
    refused_at: Option<Instant>,
    /// Seconds of requests since the refusal, without idle time.
    busy_seconds: f64,
    /// Answers since the refusal; None when the bucket was idle in between.
    answers: Option<u32>,
}

impl RateLimiter {
    pub fn new(limits: RateLimits) -> Self {
        Self { limits, targets: Mutex::default() }
    }

    pub fn target(&self, target: &Target) -> Arc<TargetRateLimiter> {
        let key = (target.systems_account.clone(), target.region.clone());
        let new = || Arc::new(TargetRateLimiter { limits: self.limits, buckets: Mutex::default() });
        self.targets.lock().entry(key).or_insert_with(new).clone()
    }
}

impl TargetRateLimiter {
    /// Reserves the next moment at which a request of the operation may be sent.
    pub fn reserve(&self, operation: &'static str) -> Instant {
        self.update(operation, |bucket, _, now| bucket.reserve(now))
    }

    pub fn succeeded(&self, operation: &'static str) {
        self.update(operation, |bucket, limits, now| bucket.succeeded(now, limits));
    }

    /// Lowers the operation's rate, and holds its requests back until the wait is over.
    pub fn throttled(&self, operation: &'static str, wait: Duration) {
        self.update(operation, |bucket, limits, now| bucket.throttled(now, wait, limits));
    }

    fn update<T>(&self, operation: &'static str, update: impl FnOnce(&mut Bucket, &RateLimits, Instant) -> T) -> T {
        let now = Instant::now();
        let mut buckets = self.buckets.lock();
        update(buckets.entry(operation).or_insert_with(|| Bucket::new(now, &self.limits)), &self.limits, now)
    }
}

impl Bucket {
    fn new(now: Instant, limits: &RateLimits) -> Self {
        Self {
            per_second: limits.start_per_second,
            ceiling: None,
            next_at: now,
            updated_at: now,
            refused_at: None,
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

    fn succeeded(&mut self, now: Instant, limits: &RateLimits) {
        let seconds = now.duration_since(self.updated_at).min(IDLE).as_secs_f64();
        self.updated_at = now;
        self.busy_seconds += seconds;
        self.answers = self.answers.map(|answers| answers + 1);
        let rate = match self.ceiling {
            None => self.per_second * (seconds / DOUBLING_SECONDS).exp2(),
            // CUBIC: C·(t − K)³ + W, with C such that the curve starts at β·W.
            Some(ceiling) => ceiling * (1.0 + (1.0 - DECREASE) * (self.busy_seconds / RECOVERY_SECONDS - 1.0).powi(3)),
        };
        self.per_second = rate.clamp(limits.min_per_second, limits.max_per_second);
    }

    fn throttled(&mut self, now: Instant, wait: Duration, limits: &RateLimits) {
        if self.refused_at.is_none_or(|refused| now.duration_since(refused) >= REFUSAL_GROUP) {
            let ceiling = self.measured_limit(now).clamp(CEILING_MIN * self.per_second, self.per_second);
            self.ceiling = Some(ceiling);
            self.per_second = (DECREASE * ceiling).max(limits.min_per_second);
            self.refused_at = Some(now);
            self.busy_seconds = 0.0;
            self.answers = Some(0);
        }
        self.updated_at = now;
        self.next_at = self.next_at.max(now + wait);
    }

    /// AWS had no capacity left at the last refusal and has none now, so the answers in between are its limit.
    fn measured_limit(&self, now: Instant) -> f64 {
        match (self.refused_at, self.answers) {
            (Some(refused), Some(answers)) if answers >= MEASURED_ANSWERS_MIN => {
                f64::from(answers) / now.duration_since(refused).as_secs_f64()
            }
            _ => 0.0,
        }
    }
}

/// Returns the wait after a number of earlier refusals: exponential, with jitter of up to half.
pub fn backoff(first: Duration, refusals: u32) -> Duration {
    let max = RateLimits::BACKOFF_FACTOR_MAX;
    let factor = 1_u32.checked_shl(refusals).unwrap_or(max).min(max);
    (first * factor).mul_f64(0.5 + fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The result of a simulation.
    struct Simulated {
        answered: u32,
        refused: u32,
        seconds: f64,
    }

    /// Runs a bucket against a token bucket like AWS's, with a burst of one second, until this many requests are answered
    /// or this many seconds are over. The limit may change with time.
    fn simulate(limit: impl Fn(f64) -> f64, calls: u32, seconds: u64) -> Simulated {
        let (limits, start) = (RateLimits::default(), Instant::now());
        let mut bucket = Bucket::new(start, &limits);
        let (mut tokens, mut since) = (limit(0.0).max(1.0), start);
        let mut result = Simulated { answered: 0, refused: 0, seconds: 0.0 };
        while result.answered < calls {
            let at = bucket.reserve(since);
            if at >= start + Duration::from_secs(seconds) {
                break;
            }
            result.seconds = at.duration_since(start).as_secs_f64();
            let limit = limit(result.seconds);
            tokens = (tokens + at.duration_since(since).as_secs_f64() * limit).min(limit.max(1.0));
            since = at;
            if tokens >= 1.0 {
                tokens -= 1.0;
                result.answered += 1;
                bucket.succeeded(at, &limits);
            } else {
                result.refused += 1;
                bucket.throttled(at, Duration::from_millis(750), &limits);
            }
        }
        result
    }

    #[test]
    fn spaces_requests_from_the_first_second() {
        let result = simulate(|_| 1_000.0, u32::MAX, 1);
        // The rate may have grown slightly within the second.
        assert!((5..=6).contains(&result.answered) && result.refused == 0, "{} answered", result.answered);
    }

    #[test]
    fn uses_95_percent_of_a_limit_with_few_refusals() {
        for limit in [2.0, 3.0, 5.0, 8.0, 10.0, 15.0] {
            let result = simulate(|_| limit, u32::MAX, 600);
            let used = f64::from(result.answered) / (limit * 600.0);
            let refused = f64::from(result.refused) / f64::from(result.answered);
            assert!(used >= 0.95, "of {limit}/s only {used:.3} were used");
            assert!(refused <= 0.05, "{refused:.3} refused at {limit}/s");
        }
    }

    #[test]
    fn takes_at_most_10_percent_longer_than_the_limit_requires() {
        for calls in [20, 50, 100, 300, 1_500, 6_000] {
            let seconds = simulate(|_| 5.0, calls, u64::MAX >> 32).seconds;
            assert!(seconds <= 1.1 * f64::from(calls) / 5.0, "{calls} calls took {seconds:.1} s");
        }
    }

    #[test]
    fn adapts_to_a_changed_limit() {
        for (before, after) in [(4.0, 12.0), (12.0, 4.0), (10.0, 2.0), (2.0, 10.0)] {
            let result = simulate(|second| if second < 300.0 { before } else { after }, u32::MAX, 600);
            let used = f64::from(result.answered) / (300.0 * (before + after));
            let refused = f64::from(result.refused) / f64::from(result.answered);
            // A limit five times as high is found in a minute and a half.
            assert!(used >= 0.85, "of {before}/s and then {after}/s only {used:.3} were used");
            assert!(refused <= 0.05, "{refused:.3} refused");
        }
    }

    #[test]
    fn ignores_answers_between_idle_times() {
        let (limits, now) = (RateLimits::default(), Instant::now());
        let mut bucket = Bucket::new(now, &limits);
        bucket.throttled(now, Duration::ZERO, &limits);
        for call in 1..=10 {
            let at = bucket.reserve(now + Duration::from_secs(100 * call));
            bucket.succeeded(at, &limits);
        }
        let rate = bucket.per_second;
        bucket.throttled(now + Duration::from_secs(1_001), Duration::ZERO, &limits);
        assert_eq!(bucket.ceiling, Some(CEILING_MIN * rate));
    }

    #[test]
    fn keeps_the_rate_within_its_range() {
        let limits = RateLimits::default();
        let now = Instant::now();
        let mut bucket = Bucket::new(now, &limits);
        for second in 1..100 {
            bucket.throttled(now + Duration::from_secs(second), Duration::ZERO, &limits);
        }
        assert_eq!(bucket.per_second, limits.min_per_second);
        for second in 100..10_000 {
            bucket.succeeded(now + Duration::from_secs(second), &limits);
        }
        assert_eq!(bucket.per_second, limits.max_per_second);
    }

    #[test]
    fn backoff_grows_to_a_maximum() {
        let first = Duration::from_secs(1);
        assert!(backoff(first, 0) <= first);
        assert!(
            backoff(first, 40) <= first * RateLimits::BACKOFF_FACTOR_MAX
                && backoff(first, 40) >= first * RateLimits::BACKOFF_FACTOR_MAX / 2
        );
    }
}
