//! Limits of one request: its URL, its body, its time, and how many requests run at once.

use super::{
    error::HttpError,
    rates::{PAGE_QUOTA, Quota, SIGN_IN_QUOTA},
    route_class::RouteClass,
};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// Path and query string together. A link names what instances report exactly: two texts of 2,048 characters, each of which
/// can take twelve bytes.
const URI_BYTES_MAX: usize = 52 * 1024;
/// No list has more than twenty parameters.
const PARAMETERS_MAX: usize = 100;
/// Bodies are forms with a few fields.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

#[derive(Clone, Copy, Debug)]
pub struct RequestLimits {
    /// Requests that run at once, so that those that wait for the store (`read_queue.rs`) take a limited amount of memory.
    pub concurrency: usize,
    pub timeout: Duration,
    /// The longest pause between two pieces of a request's body.
    pub body_timeout: Duration,
    /// Requests per caller, or per address if nobody is signed in.
    pub pages: Quota,
    /// Sign-in attempts per address.
    pub sign_ins: Quota,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            concurrency: 256,
            timeout: Duration::from_secs(60),
            body_timeout: Duration::from_secs(10),
            pages: PAGE_QUOTA,
            sign_ins: SIGN_IN_QUOTA,
        }
    }
}

/// Admits requests up to the concurrency limit.
pub struct Admission {
    pub limits: RequestLimits,
    permits: Semaphore,
}

impl Admission {
    pub fn new(limits: RequestLimits) -> Self {
        Self { limits, permits: Semaphore::new(limits.concurrency) }
    }
}

/// Refuses URLs that the portal never links to. `.` and `..` segments, encoded or not, are refused because the router of
/// pages resolves them and the layers do not, so that the two could see different paths.
pub async fn check_uri(request: Request, next: Next) -> Result<Response, HttpError> {
    let uri = request.uri();
    let query = uri.query().unwrap_or_default();
    if uri.path().len() + query.len() > URI_BYTES_MAX {
        Err(HttpError::UriTooLong)
    } else if uri.path().split('/').any(is_dot_segment) {
        Err(HttpError::NotFound)
    } else if query.bytes().filter(|byte| *byte == b'&').count() >= PARAMETERS_MAX {
        Err(HttpError::BadRequest(format!("more than {PARAMETERS_MAX} parameters")))
    } else {
        Ok(next.run(request).await)
    }
}

fn is_dot_segment(segment: &str) -> bool {
    let decoded = segment.to_ascii_lowercase().replace("%2e", ".");
    decoded == "." || decoded == ".."
}

const OVERLOADED_RETRY_AFTER: Duration = Duration::from_secs(1);

/// Refuses requests beyond the concurrency limit at once. The queue is before the store, where it is fair. A permit is held until the
/// response starts, so that clients that read slowly do not hold it. Health checks need no permit.
pub async fn limit_concurrency(State(admission): State<Arc<Admission>>, request: Request, next: Next) -> Response {
    if RouteClass::of(request.uri().path()) == RouteClass::Health {
        return next.run(request).await;
    }
    match admission.permits.try_acquire() {
        Ok(_permit) => next.run(request).await,
        Err(_) => HttpError::Overloaded { retry_after: OVERLOADED_RETRY_AFTER }.into_response(),
    }
}
