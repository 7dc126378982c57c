//! A cached document of an identity provider: fetched again when it expires, or earlier when it lacks something.

use super::fetch::{FetchError, Fetcher};
use axum::http::{HeaderMap, header::CACHE_CONTROL};
use jiff::{SignedDuration, Timestamp};
use muster_core::clock::SharedClock;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Bounds for the provider's `Cache-Control`.
const LIFETIME_MIN: SignedDuration = SignedDuration::from_mins(5);
const LIFETIME_MAX: SignedDuration = SignedDuration::from_hours(24);
/// Used without `Cache-Control`.
const LIFETIME_DEFAULT: SignedDuration = SignedDuration::from_hours(1);
/// The shortest time between two refreshes, so that tokens with unknown key ids cannot cause many requests.
const REFRESH_INTERVAL_MIN: SignedDuration = SignedDuration::from_mins(1);
/// How long a failed fetch is not retried.
const RETRY_AFTER: SignedDuration = SignedDuration::from_secs(5);

pub struct CachedDocument<T> {
    url: String,
    parse: fn(&[u8]) -> Result<T, String>,
    fetcher: Arc<Fetcher>,
    clock: SharedClock,
    /// Locked during a fetch, so that concurrent callers share its result.
    cached: Mutex<Cached<T>>,
}

struct Cached<T> {
    /// With the time at which it expires.
    document: Option<(Arc<T>, Timestamp)>,
    fetched_at: Option<Timestamp>,
}

#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("the document `{url}` is invalid: {message}")]
    Content { url: String, message: String },
    #[error("fetching `{0}` failed a moment ago")]
    RecentlyFailed(String),
}

impl<T> CachedDocument<T> {
    pub fn new(url: String, parse: fn(&[u8]) -> Result<T, String>, fetcher: Arc<Fetcher>, clock: SharedClock) -> Self {
        Self { url, parse, fetcher, clock, cached: Mutex::new(Cached { document: None, fetched_at: None }) }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The document, fetched if it is missing or expired.
    pub async fn get(&self) -> Result<Arc<T>, DocumentError> {
        let mut cached = self.cached.lock().await;
        let now = self.clock.now();
        match &cached.document {
            // A clock that was set back must not extend the lifetime.
            Some((document, until)) if now < *until && until.duration_since(now) <= LIFETIME_MAX => {
                Ok(document.clone())
            }
            Some(_) => self.fetch(&mut cached, now).await,
            None if cached.fetched_within(now, RETRY_AFTER) => Err(DocumentError::RecentlyFailed(self.url.clone())),
            None => self.fetch(&mut cached, now).await,
        }
    }

    /// A newly fetched document, for a caller that misses something in it. `None` if it was fetched a moment ago.
    pub async fn refresh(&self) -> Result<Option<Arc<T>>, DocumentError> {
        let mut cached = self.cached.lock().await;
        let now = self.clock.now();
        match cached.fetched_within(now, REFRESH_INTERVAL_MIN) {
            true => Ok(None),
            false => self.fetch(&mut cached, now).await.map(Some),
        }
    }

    /// A document that cannot be fetched again is dropped. The pause until the next fetch begins when this one has ended,
    /// because one that times out takes longer than the pause.
    async fn fetch(&self, cached: &mut Cached<T>, now: Timestamp) -> Result<Arc<T>, DocumentError> {
        // For callers that stop waiting, whose fetch has no end.
        cached.fetched_at = Some(now);
        cached.document = None;
        let fetched = self.fetch_once(now).await;
        cached.fetched_at = Some(self.clock.now());
        let (document, until) = fetched?;
        cached.document = Some((document.clone(), until));
        Ok(document)
    }

    async fn fetch_once(&self, now: Timestamp) -> Result<(Arc<T>, Timestamp), DocumentError> {
        let response = self.fetcher.get(&self.url).await?;
        let content = |message| DocumentError::Content { url: self.url.clone(), message };
        let document = Arc::new((self.parse)(response.body()).map_err(content)?);
        let until = now.checked_add(lifetime(response.headers())).unwrap_or(now);
        Ok((document, until))
    }
}

impl<T> Cached<T> {
    fn fetched_within(&self, now: Timestamp, span: SignedDuration) -> bool {
        self.fetched_at.is_some_and(|at| now.duration_since(at).abs() < span)
    }
}

fn lifetime(headers: &HeaderMap) -> SignedDuration {
    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let directives: Vec<String> =
        values.flat_map(|value| value.split(',')).map(|directive| directive.trim().to_ascii_lowercase()).collect();
    if directives.iter().any(|directive| directive == "no-store" || directive == "no-cache") {
        return LIFETIME_MIN;
    }
    let seconds = directives.iter().find_map(|directive| directive.strip_prefix("max-age=")?.parse::<u32>().ok());
    seconds.map_or(LIFETIME_DEFAULT, |seconds| {
        SignedDuration::from_secs(i64::from(seconds)).clamp(LIFETIME_MIN, LIFETIME_MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn lifetimes_follow_cache_control_within_bounds() {
        let minutes = |value: &'static str| {
            lifetime(&HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static(value))])).as_mins()
        };
        assert_eq!(
            (minutes("public, max-age=1200"), minutes("Max-Age=1"), minutes("max-age=4000000000")),
            (20, 5, 24 * 60)
        );
        assert_eq!((minutes("no-store"), minutes("max-age=-1"), minutes("public")), (5, 60, 60));
        assert_eq!(lifetime(&HeaderMap::new()), LIFETIME_DEFAULT);
    }
}
