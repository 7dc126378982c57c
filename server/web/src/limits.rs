//! How much of the portal one request may take: its address, its body, its time, and room beside the others.

use super::{
    error::HttpError,
    kind::Kind,
    rates::{Allowance, PAGES, PASSWORDS, Rates},
    state::ServerState,
};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use muster_core::clock::SharedClock;
use std::time::Duration;
use tokio::sync::Semaphore;

/// The longest path with its query string; those of the portal's own links take a tenth of it.
const ADDRESS_BYTES_MAX: usize = 8 * 1024;
/// Parameters of one query string; no list has more than twenty.
const PARAMETERS_MAX: usize = 100;
/// Only forms of a few fields are sent here.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// What the process as a whole gives. Tests have less of it.
#[derive(Clone, Copy, Debug)]
pub struct RequestLimits {
    /// Requests that are worked on at the same time; DuckDB is no faster with more.
    pub at_once: usize,
    pub time: Duration,
    /// Between two pieces of a request's body.
    pub body_pause: Duration,
    /// Requests of one person, or of one machine where nobody is signed in.
    pub pages: Allowance,
    /// Tries to sign in from one machine.
    pub passwords: Allowance,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            at_once: 256,
            time: Duration::from_secs(60),
            body_pause: Duration::from_secs(10),
            pages: PAGES,
            passwords: PASSWORDS,
        }
    }
}

/// What is left of it at this moment.
pub struct Room {
    pub limits: RequestLimits,
    pub rates: Rates,
    places: Semaphore,
}

impl Room {
    pub fn new(limits: RequestLimits, clock: &SharedClock) -> Self {
        Self {
            limits,
            rates: Rates::new(limits.pages, limits.passwords, clock),
            places: Semaphore::new(limits.at_once),
        }
    }
}

/// Refuses addresses that no page of the portal links to before anything reads them. The pages' router takes `..` out of
/// a path, encoded or not, where everything in front of it does not: what is another address to each has none here.
pub async fn plain_addresses(request: Request, next: Next) -> Response {
    let uri = request.uri();
    let query = uri.query().unwrap_or_default();
    if uri.path().len() + query.len() > ADDRESS_BYTES_MAX {
        HttpError::AddressTooLong.into_response()
    } else if uri.path().split('/').any(is_way_up) {
        HttpError::NotFound.into_response()
    } else if query.bytes().filter(|byte| *byte == b'&').count() >= PARAMETERS_MAX {
        HttpError::BadRequest(format!("more than {PARAMETERS_MAX} parameters; no list takes as many")).into_response()
    } else {
        next.run(request).await
    }
}

/// A segment of a path that names no place but leads to one.
fn is_way_up(segment: &str) -> bool {
    let dots = segment.to_ascii_lowercase().replace("%2e", ".");
    dots == "." || dots == ".."
}

/// Refuses at once what there is no room for: a queue would only make everybody wait. A place is taken until the answer
/// begins, not while it is read, so that slow readers cannot take them all. Health is always told.
pub async fn with_room(State(state): State<ServerState>, request: Request, next: Next) -> Response {
    if Kind::of(request.uri().path()) == Kind::Health {
        return next.run(request).await;
    }
    match state.room.places.try_acquire() {
        Ok(_place) => next.run(request).await,
        Err(_) => HttpError::Busy.into_response(),
    }
}
