//! Rate limits by key, such as a caller or an address.

use governor::{RateLimiter, clock::Clock, middleware::NoOpMiddleware, state::keyed::HashMapStateStore};
use jiff::Timestamp;
use muster_core::clock::SharedClock;
use parking_lot::Mutex;
use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};

/// The number of keys with a quota of their own. Beyond it, new keys share one quota.
const KEYS_MAX: usize = 100_000;
/// The prefix that providers assign to one customer, who can choose the remaining bits.
const IPV6_PREFIX_BITS: u32 = 64;

/// A burst of requests, and then one per period.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    pub burst: u32,
    pub period: Duration,
}

/// The key of an address: all addresses of one customer share it.
pub fn prefix_of(address: IpAddr) -> IpAddr {
    network_of(address, IPV6_PREFIX_BITS)
}

/// The network of an IPv6 address, with a prefix of this many bits. IPv4 addresses are unchanged.
pub fn network_of(address: IpAddr, ipv6_prefix_bits: u32) -> IpAddr {
    match address {
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(ipv6_prefix_bits)).unwrap_or(0);
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
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
    use muster_core::clock::FixedClock;
    use std::sync::Arc;

    const QUOTA: Quota = Quota { burst: 10, period: Duration::from_secs(6) };

    fn clock() -> (Arc<FixedClock>, SharedClock) {
        let clock = Arc::new(FixedClock::at(Timestamp::UNIX_EPOCH));
        (clock.clone(), clock)
    }

    #[test]
    fn addresses_of_one_network_have_one_key() {
        let network = |text: &str, bits| network_of(text.parse().expect("an address"), bits).to_string();
        assert_eq!(network("2001:db8:1:2:3::4", 64), "2001:db8:1:2::");
        assert_eq!(network("2001:db8:1:2:3::4", 48), "2001:db8:1::");
        assert_eq!(
            (network("2001:db8::4", 0), network("2001:db8::4", 128)),
            ("::".to_owned(), "2001:db8::4".to_owned())
        );
        assert_eq!(network("192.0.2.1", 48), "192.0.2.1");
    }

    #[test]
    fn setting_the_clock_back_blocks_nobody() {
        let (clock, shared) = clock();
        let limiter = KeyedRateLimiter::new(QUOTA, &shared);
        clock.advance(3_600);
        while limiter.check("a").is_ok() {}
        clock.advance(-3_600);
        assert!(limiter.check("a").is_err());
        clock.advance(6);
        assert_eq!(limiter.check("a"), Ok(()));
    }

    #[test]
    fn the_number_of_keys_is_bounded_and_idle_keys_are_evicted() {
        let (clock, shared) = clock();
        let limiter = KeyedRateLimiter::new(QUOTA, &shared);
        for key in 0..KEYS_MAX + 5 {
            assert_eq!(limiter.check(key), Ok(()));
        }
        assert!(limiter.0.len() <= KEYS_MAX + 1);
        clock.advance(60);
        assert_eq!(limiter.check(usize::MAX), Ok(()));
        assert!(limiter.0.len() <= 2, "{} keys are left", limiter.0.len());
    }
}
