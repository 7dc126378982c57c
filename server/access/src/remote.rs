//! A document of an identity provider's, read again when it is old, and earlier when something is missed in it.

use super::fetch::{FetchError, Fetcher};
use axum::http::{HeaderMap, header::CACHE_CONTROL};
use jiff::{SignedDuration, Timestamp};
use muster_core::clock::SharedClock;
use std::sync::Arc;
use tokio::sync::Mutex;

/// However short or long the provider says that it is good for.
const KEPT_MIN: SignedDuration = SignedDuration::from_mins(5);
const KEPT_MAX: SignedDuration = SignedDuration::from_hours(24);
/// Where the provider says nothing.
const KEPT: SignedDuration = SignedDuration::from_hours(1);
/// Whoever sends tokens with names of keys that do not exist cannot make us ask more often than this.
const ASKED_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(1);
/// A provider that did not answer is left alone for a moment.
const FAILED_FOR: SignedDuration = SignedDuration::from_secs(5);

pub struct Remote<T> {
    url: String,
    read: fn(&[u8]) -> Result<T, String>,
    fetcher: Arc<Fetcher>,
    clock: SharedClock,
    /// Held while the provider is asked: everybody who waits gets the one answer.
    kept: Mutex<Kept<T>>,
}

struct Kept<T> {
    document: Option<(Arc<T>, Timestamp)>,
    asked_at: Option<Timestamp>,
}

#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("`{url}` is not what it should be: {message}")]
    Content { url: String, message: String },
    #[error("`{0}` failed a moment ago")]
    FailedJustNow(String),
}

impl<T> Remote<T> {
    pub fn new(url: String, read: fn(&[u8]) -> Result<T, String>, fetcher: Arc<Fetcher>, clock: SharedClock) -> Self {
        Self { url, read, fetcher, clock, kept: Mutex::new(Kept { document: None, asked_at: None }) }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The document, from a while ago at most.
    pub async fn get(&self) -> Result<Arc<T>, RemoteError> {
        let mut kept = self.kept.lock().await;
        let now = self.clock.now();
        match &kept.document {
            // A clock that went back makes nothing last longer.
            Some((document, until)) if now < *until && until.duration_since(now) <= KEPT_MAX => Ok(document.clone()),
            Some(_) => self.ask(&mut kept, now).await,
            None if kept.asked_within(now, FAILED_FOR) => Err(RemoteError::FailedJustNow(self.url.clone())),
            None => self.ask(&mut kept, now).await,
        }
    }

    /// A newer one, for somebody who misses something in it; none where it was asked for a moment ago.
    pub async fn newer(&self) -> Result<Option<Arc<T>>, RemoteError> {
        let mut kept = self.kept.lock().await;
        let now = self.clock.now();
        match kept.asked_within(now, ASKED_AGAIN_AFTER) {
            true => Ok(None),
            false => self.ask(&mut kept, now).await.map(Some),
        }
    }

    /// A document that could not be read again is not used any longer.
    async fn ask(&self, kept: &mut Kept<T>, now: Timestamp) -> Result<Arc<T>, RemoteError> {
        kept.asked_at = Some(now);
        kept.document = None;
        let answer = self.fetcher.get(&self.url).await?;
        let content = |message| RemoteError::Content { url: self.url.clone(), message };
        let document = Arc::new((self.read)(answer.body()).map_err(content)?);
        let until = now.checked_add(kept_for(answer.headers())).unwrap_or(now);
        kept.document = Some((document.clone(), until));
        Ok(document)
    }
}

impl<T> Kept<T> {
    fn asked_within(&self, now: Timestamp, span: SignedDuration) -> bool {
        self.asked_at.is_some_and(|at| now.duration_since(at).abs() < span)
    }
}

fn kept_for(headers: &HeaderMap) -> SignedDuration {
    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let directives: Vec<String> =
        values.flat_map(|value| value.split(',')).map(|directive| directive.trim().to_ascii_lowercase()).collect();
    if directives.iter().any(|directive| directive == "no-store" || directive == "no-cache") {
        return KEPT_MIN;
    }
    let seconds = directives.iter().find_map(|directive| directive.strip_prefix("max-age=")?.parse::<u32>().ok());
    seconds.map_or(KEPT, |seconds| SignedDuration::from_secs(i64::from(seconds)).clamp(KEPT_MIN, KEPT_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_document_is_kept_for_as_long_as_its_owner_says_within_bounds() {
        let kept = |value: &'static str| {
            kept_for(&HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static(value))])).as_mins()
        };
        assert_eq!((kept("public, max-age=1200"), kept("Max-Age=1"), kept("max-age=4000000000")), (20, 5, 24 * 60));
        assert_eq!((kept("no-store"), kept("max-age=-1"), kept("public")), (5, 60, 60));
        assert_eq!(kept_for(&HeaderMap::new()), KEPT);
    }
}
