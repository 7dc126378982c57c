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
use muster_core::clock::SharedClock;
use muster_http::rate_limiter::prefix_of;
pub use muster_http::rate_limiter::{KeyedRateLimiter, Quota};
use parking_lot::Mutex;
use std::{
    collections::HashSet,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

/// Many times what a person needs, and a fraction of the portal's capacity.
pub const PAGE_QUOTA: Quota = Quota { burst: 200, period: Duration::from_millis(20) };
pub const SIGN_IN_QUOTA: Quota = Quota { burst: 10, period: Duration::from_secs(6) };

/// The number of sign-in attempts that wait at once: a fraction of the requests that run at once.
const WAITING_MAX: usize = 16;

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

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use muster_core::clock::FixedClock;
    use std::sync::Arc;

    fn clock() -> (Arc<FixedClock>, SharedClock) {
        let clock = Arc::new(FixedClock::at(Timestamp::UNIX_EPOCH));
        (clock.clone(), clock)
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
        clock.advance(6);
        assert_eq!(limits.check_sign_in(neighbour), Ok(()));
        assert!(limits.check_sign_in(one).is_err());
    }
}
