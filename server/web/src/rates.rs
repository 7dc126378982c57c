//! Rate limits: per caller, or per address if nobody is signed in.

use super::{
    error::HttpError,
    request::{ClientIp, connection_ip},
    request_id::record_subject,
    route_class::RouteClass,
    sign_in::SignIn,
};
use axum::{
    extract::{Request, State},
    http::Method,
    middleware::Next,
    response::{IntoResponse, Response},
};
use governor::{RateLimiter, clock::Clock, middleware::NoOpMiddleware, state::keyed::HashMapStateStore};
use jiff::Timestamp;
use muster_core::clock::SharedClock;
use parking_lot::Mutex;
use std::{
    collections::HashSet,
    hash::Hash,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

/// Many times what a person needs, and a fraction of the portal's capacity.
pub const PAGE_QUOTA: Quota = Quota { burst: 200, period: Duration::from_millis(20) };
pub const SIGN_IN_QUOTA: Quota = Quota { burst: 10, period: Duration::from_secs(6) };

/// The number of keys with a quota of their own. Beyond it, new keys share one quota.
const KEYS_MAX: usize = 100_000;
/// The number of sign-in attempts that wait at once: a fraction of the requests that run at once.
const WAITING_MAX: usize = 16;
/// The prefix that providers assign to one customer, who can choose the remaining bits.
const IPV6_PREFIX_BITS: u32 = 64;

/// A burst of requests, and then one per period.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    pub burst: u32,
    pub period: Duration,
}

pub struct RateLimits {
    /// By issuer and subject.
    callers: KeyedRateLimiter<(String, String)>,
    addresses: KeyedRateLimiter<IpAddr>,
    sign_ins: KeyedRateLimiter<IpAddr>,
    waiting: Waiting,
}

impl RateLimits {
    pub fn new(pages: Quota, sign_ins: Quota, clock: &SharedClock) -> Self {
        Self {
            callers: KeyedRateLimiter::new(pages, clock),
            addresses: KeyedRateLimiter::new(pages, clock),
            sign_ins: KeyedRateLimiter::new(sign_ins, clock),
            waiting: Waiting::default(),
        }
    }

    /// Admits a sign-in attempt. One over the limit waits for the next one that is allowed instead of being refused, so that
    /// the right password works after many wrong ones; a second one meanwhile is refused.
    async fn admit_sign_in(&self, client: IpAddr) -> Result<(), Duration> {
        let Err(retry_after) = self.check_sign_in(client) else { return Ok(()) };
        let Some(_place) = self.waiting.enter(prefix_of(client)) else { return Err(retry_after) };
        tokio::time::sleep(retry_after).await;
        self.check_sign_in(client)
    }

    /// Counts a sign-in attempt. If there were too many, returns the time to wait.
    fn check_sign_in(&self, client: IpAddr) -> Result<(), Duration> {
        self.sign_ins.check(prefix_of(client))
    }
}

/// Counts a request, or refuses it.
pub async fn rate_limit(
    State(limits): State<Arc<RateLimits>>,
    State(sign_in): State<Arc<SignIn>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let client = request.extensions().get::<ClientIp>();
    let client = client.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ClientIp(client)| *client);
    let principal = sign_in.principal(request.headers(), connection_ip(request.extensions()));
    if let Some(principal) = &principal {
        record_subject(principal);
    }
    let result = match (RouteClass::of(path), principal) {
        // Cheap, and a page needs a dozen assets.
        (RouteClass::Asset | RouteClass::Health, _) => Ok(()),
        _ if is_sign_in_attempt(request.method(), path) => limits.admit_sign_in(client).await,
        (_, Some(principal)) => limits.callers.check((principal.identity.issuer, principal.identity.subject)),
        (_, None) => limits.addresses.check(prefix_of(client)),
    };
    match result {
        Ok(()) => next.run(request).await,
        Err(retry_after) => HttpError::RateLimited { retry_after }.into_response(),
    }
}

/// The addresses with a sign-in attempt that waits.
#[derive(Default)]
struct Waiting(Mutex<HashSet<IpAddr>>);

/// Removes an address when its attempt is over or its client has left.
struct Place<'a>(&'a Waiting, IpAddr);

impl Waiting {
    fn enter(&self, address: IpAddr) -> Option<Place<'_>> {
        let mut waiting = self.0.lock();
        (waiting.len() < WAITING_MAX && waiting.insert(address)).then(|| Place(self, address))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.0.lock().remove(&self.1);
    }
}

/// Demo users need no password, so there is nothing to guess.
fn is_sign_in_attempt(method: &Method, path: &str) -> bool {
    *method == Method::POST && path.starts_with("/sign-in/") && path != "/sign-in/demo"
}

/// The key of an address: all addresses of one customer share it.
fn prefix_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << (128 - IPV6_PREFIX_BITS))).into(),
        address => address,
    }
}

/// One quota per key. `None` is the key that all keys beyond `KEYS_MAX` share.
pub struct KeyedRateLimiter<K: Clone + Hash + Eq>(Limiter<Option<K>>);

type Limiter<K> = RateLimiter<K, HashMapStateStore<K>, MonotonicClock, NoOpMiddleware<Duration>>;

impl<K: Clone + Hash + Eq> KeyedRateLimiter<K> {
    pub fn new(quota: Quota, clock: &SharedClock) -> Self {
        let burst = NonZeroU32::new(quota.burst).unwrap_or(NonZeroU32::MIN);
        let quota = governor::Quota::with_period(quota.period).unwrap_or(governor::Quota::per_second(burst));
        Self(RateLimiter::hashmap_with_clock(quota.allow_burst(burst), MonotonicClock::new(clock)))
    }

    /// Counts an event. If the quota is used up, returns the time to wait.
    pub fn check(&self, key: K) -> Result<(), Duration> {
        if self.0.len() >= KEYS_MAX {
            self.0.retain_recent();
        }
        let key = (self.0.len() < KEYS_MAX).then_some(key);
        self.0.check_key(&key).map_err(|until| until.wait_time_from(self.0.clock().now()))
    }
}

/// The time elapsed on the portal's clock. If the clock is set back this stands still for a moment, whereas wall-clock
/// time would block all keys until it is caught up.
struct MonotonicClock {
    clock: SharedClock,
    last: Mutex<(Timestamp, Duration)>,
}

impl MonotonicClock {
    fn new(clock: &SharedClock) -> Self {
        Self { last: Mutex::new((clock.now(), Duration::ZERO)), clock: clock.clone() }
    }
}

impl Clock for MonotonicClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let now = self.clock.now();
        let mut last = self.last.lock();
        let (before, elapsed) = *last;
        let step = now.duration_since(before).try_into().unwrap_or(Duration::ZERO);
        let elapsed = elapsed.saturating_add(step);
        *last = (now, elapsed);
        elapsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use muster_core::clock::{Clock as _, FixedClock};
    use std::sync::Arc;

    fn clock() -> (Arc<FixedClock>, SharedClock) {
        let clock = Arc::new(FixedClock::at(Timestamp::UNIX_EPOCH));
        (clock.clone(), clock)
    }

    fn advance(clock: &FixedClock, seconds: i64) {
        clock.set(clock.now() + SignedDuration::from_secs(seconds));
    }

    #[test]
    fn allows_ten_sign_in_attempts_and_then_one_every_six_seconds() {
        let (clock, shared) = clock();
        let limits = RateLimits::new(PAGE_QUOTA, SIGN_IN_QUOTA, &shared);
        let [one, neighbour, other]: [IpAddr; 3] =
            ["2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1"].map(|text| text.parse().expect("an address"));
        for _ in 0..10 {
            assert_eq!(limits.check_sign_in(one), Ok(()));
        }
        assert_eq!(limits.check_sign_in(neighbour), Err(Duration::from_secs(6)));
        assert_eq!(limits.check_sign_in(other), Ok(()));
        advance(&clock, 6);
        assert_eq!(limits.check_sign_in(neighbour), Ok(()));
        assert!(limits.check_sign_in(one).is_err());
    }

    #[test]
    fn setting_the_clock_back_blocks_nobody() {
        let (clock, shared) = clock();
        let limiter = KeyedRateLimiter::new(SIGN_IN_QUOTA, &shared);
        advance(&clock, 3_600);
        while limiter.check("a").is_ok() {}
        advance(&clock, -3_600);
        assert!(limiter.check("a").is_err());
        advance(&clock, 6);
        assert_eq!(limiter.check("a"), Ok(()));
    }

    #[test]
    fn the_number_of_keys_is_bounded_and_idle_keys_are_evicted() {
        let (clock, shared) = clock();
        let limiter = KeyedRateLimiter::new(SIGN_IN_QUOTA, &shared);
        for key in 0..KEYS_MAX + 5 {
            assert_eq!(limiter.check(key), Ok(()));
        }
        assert!(limiter.0.len() <= KEYS_MAX + 1);
        advance(&clock, 60);
        assert_eq!(limiter.check(usize::MAX), Ok(()));
        assert!(limiter.0.len() <= 2, "{} keys are left", limiter.0.len());
    }
}
