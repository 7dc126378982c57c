//! How often somebody may ask: by who is signed in, else by the machine that asks.

use super::{
    error::HttpError, kind::Kind, request::Peer, request_id::note_subject, sign_in::identify::connection,
    state::ServerState,
};
use axum::{
    extract::{Request, State},
    http::Method,
    middleware::Next,
    response::{IntoResponse, Response},
};
use governor::{Quota, RateLimiter, clock::Clock, middleware::NoOpMiddleware, state::keyed::HashMapStateStore};
use jiff::Timestamp;
use muster_core::clock::SharedClock;
use std::{
    hash::Hash,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Many times what somebody does who looks through pages, and a fraction of what the process answers.
pub const PAGES: Allowance = Allowance { at_once: 200, one_each: Duration::from_millis(20) };
/// Nobody mistypes a password as often.
pub const PASSWORDS: Allowance = Allowance { at_once: 10, one_each: Duration::from_secs(6) };

/// Keys that are remembered; with more at the same time, those that are new share one allowance.
const KEYS_MAX: usize = 100_000;
/// The bits of an IPv6 address that one customer of a provider has; the others are theirs to choose.
const IPV6_BITS: u32 = 64;

/// So many at once, and then one each time.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    pub at_once: u32,
    pub one_each: Duration,
}

pub struct Rates {
    people: Rate<(String, String)>,
    peers: Rate<IpAddr>,
    passwords: Rate<IpAddr>,
}

impl Rates {
    pub fn new(pages: Allowance, passwords: Allowance, clock: &SharedClock) -> Self {
        Self { people: Rate::new(pages, clock), peers: Rate::new(pages, clock), passwords: Rate::new(passwords, clock) }
    }

    /// Counts a try to sign in; the time to wait before the next one where there were too many.
    pub fn try_to_sign_in(&self, peer: IpAddr) -> Result<(), Duration> {
        self.passwords.count(neighbourhood(peer))
    }
}

/// Counts a request, or refuses it.
pub async fn often_enough(State(state): State<ServerState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let peer = request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Peer(peer)| *peer);
    let rates = &state.room.rates;
    let principal = state.sign_in.principal(request.headers(), connection(request.extensions()));
    if let Some(principal) = &principal {
        note_subject(principal);
    }
    let counted = match (Kind::of(path), principal) {
        // The same for everybody, and a page needs a dozen.
        (Kind::Asset | Kind::Health, _) => Ok(()),
        _ if is_guess(request.method(), path) => rates.try_to_sign_in(peer),
        (_, Some(principal)) => rates.people.count((principal.identity.issuer, principal.identity.subject)),
        (_, None) => rates.peers.count(neighbourhood(peer)),
    };
    match counted {
        Ok(()) => next.run(request).await,
        Err(wait) => HttpError::TooOften { wait }.into_response(),
    }
}

/// The demo's people need no password, so there is nothing to guess.
fn is_guess(method: &Method, path: &str) -> bool {
    *method == Method::POST && path.starts_with("/sign-in/") && path != "/sign-in/demo"
}

fn neighbourhood(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << (128 - IPV6_BITS))).into(),
        address => address,
    }
}

/// One allowance for each key. `None` is the key of all for whom there was no room.
pub struct Rate<K: Clone + Hash + Eq>(Limiter<Option<K>>);

type Limiter<K> = RateLimiter<K, HashMapStateStore<K>, Elapsed, NoOpMiddleware<Duration>>;

impl<K: Clone + Hash + Eq> Rate<K> {
    pub fn new(allowance: Allowance, clock: &SharedClock) -> Self {
        let at_once = NonZeroU32::new(allowance.at_once).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(allowance.one_each).unwrap_or(Quota::per_second(at_once)).allow_burst(at_once);
        Self(RateLimiter::hashmap_with_clock(quota, Elapsed::new(clock)))
    }

    /// Counts something of one; the time to wait before it may be done where it was done too often.
    pub fn count(&self, key: K) -> Result<(), Duration> {
        if self.0.len() >= KEYS_MAX {
            self.0.retain_recent();
        }
        let key = (self.0.len() < KEYS_MAX).then_some(key);
        self.0.check_key(&key).map_err(|until| until.wait_time_from(self.0.clock().now()))
    }
}

/// The time that has gone by on the portal's clock. One that is set back stands still for a moment, where the time of
/// day would leave everybody waiting until it is that late again.
struct Elapsed {
    clock: SharedClock,
    seen: Mutex<(Timestamp, Duration)>,
}

impl Elapsed {
    fn new(clock: &SharedClock) -> Self {
        Self { seen: Mutex::new((clock.now(), Duration::ZERO)), clock: clock.clone() }
    }
}

impl Clock for Elapsed {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let now = self.clock.now();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (before, elapsed) = *seen;
        let step = now.duration_since(before).try_into().unwrap_or(Duration::ZERO);
        let elapsed = elapsed.saturating_add(step);
        *seen = (now, elapsed);
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

    fn pass(clock: &FixedClock, seconds: i64) {
        clock.set(clock.now() + SignedDuration::from_secs(seconds));
    }

    #[test]
    fn ten_guesses_and_then_one_every_six_seconds() {
        let (clock, shared) = clock();
        let rates = Rates::new(PAGES, PASSWORDS, &shared);
        let [one, neighbour, other]: [IpAddr; 3] =
            ["2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1"].map(|text| text.parse().expect("an address"));
        for _ in 0..10 {
            assert_eq!(rates.try_to_sign_in(one), Ok(()));
        }
        assert_eq!(rates.try_to_sign_in(neighbour), Err(Duration::from_secs(6)));
        assert_eq!(rates.try_to_sign_in(other), Ok(()));
        pass(&clock, 6);
        assert_eq!(rates.try_to_sign_in(neighbour), Ok(()));
        assert!(rates.try_to_sign_in(one).is_err());
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let (clock, shared) = clock();
        let rate = Rate::new(PASSWORDS, &shared);
        pass(&clock, 3_600);
        while rate.count("a").is_ok() {}
        pass(&clock, -3_600);
        assert!(rate.count("a").is_err());
        pass(&clock, 6);
        assert_eq!(rate.count("a"), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_those_who_waited_are_forgotten_first() {
        let (clock, shared) = clock();
        let rate = Rate::new(PASSWORDS, &shared);
        for key in 0..KEYS_MAX + 5 {
            assert_eq!(rate.count(key), Ok(()));
        }
        assert!(rate.0.len() <= KEYS_MAX + 1);
        pass(&clock, 60);
        assert_eq!(rate.count(usize::MAX), Ok(()));
        assert!(rate.0.len() <= 2, "{} are remembered", rate.0.len());
    }
}
