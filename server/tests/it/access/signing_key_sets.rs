//! Key sets of identity providers: how often they are fetched, and which answers are rejected.

use crate::{
    access::{
        identity_provider::Portal,
        signing_keys::{jwks, keys},
    },
    support::browser::Browser,
};
use axum::{
    Router,
    body::Body,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
    routing::get,
};
use futures::stream;
use jiff::Timestamp;
use muster_access::{
    cached_document::{CachedDocument, DocumentError},
    fetch::{Bounds, FetchError, Fetcher},
    jwt::keys::KeySet,
};
use muster_core::clock::FixedClock;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{net::TcpListener, time::timeout};

/// Far more than may be read: 50 MB.
const HUGE_BYTES: usize = 50 * 1024 * 1024;
/// Twice the time that a provider has to answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(20);

/// An HTTP server that publishes what a test sets, and counts the requests.
struct Publisher {
    state: Arc<PublisherState>,
    origin: String,
}

#[derive(Default)]
struct PublisherState {
    answer: Mutex<Published>,
    requests: AtomicUsize,
}

#[derive(Clone, Default)]
enum Published {
    #[default]
    ServerError,
    Keys(String),
    Huge {
        has_length: bool,
    },
    Redirect,
    /// Accepts the request and never answers.
    NoAnswer,
}

impl Publisher {
    async fn start() -> Self {
        let state = Arc::new(PublisherState::default());
        let router = Router::new().route("/{*any}", get(answer)).with_state(state.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { state, origin }
    }

    fn publish(&self, answer: Published) {
        *self.state.answer.lock().expect("the answer") = answer;
    }

    fn request_count(&self) -> usize {
        self.state.requests.load(Ordering::SeqCst)
    }

    fn keys(&self, clock: &Arc<FixedClock>) -> CachedDocument<KeySet> {
        let fetcher = Arc::new(Fetcher::new(true, Bounds::DOCUMENT).expect("certificates"));
        CachedDocument::new(format!("{}/keys", self.origin), KeySet::read, fetcher, clock.clone())
    }
}

async fn answer(State(state): State<Arc<PublisherState>>) -> Response {
    state.requests.fetch_add(1, Ordering::SeqCst);
    let answer = state.answer.lock().expect("the answer").clone();
    match answer {
        Published::ServerError => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Published::Keys(text) => ([("cache-control", "max-age=600")], text).into_response(),
        Published::Huge { has_length: true } => vec![b' '; HUGE_BYTES].into_response(),
        Published::Huge { has_length: false } => {
            let chunks = (0..HUGE_BYTES / 65_536).map(|_| Ok::<_, std::io::Error>(vec![b' '; 65_536]));
            Body::from_stream(stream::iter(chunks)).into_response()
        }
        Published::NoAnswer => std::future::pending().await,
        Published::Redirect => (StatusCode::FOUND, [(LOCATION, "/keys-elsewhere")]).into_response(),
    }
}

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::at(Timestamp::UNIX_EPOCH))
}

fn key_set_with(kid: &str) -> Published {
    Published::Keys(jwks(&[keys().ed.jwk(kid)]))
}

#[tokio::test(flavor = "multi_thread")]
async fn refetches_an_expired_key_set_and_at_most_once_a_minute_for_an_unknown_key() {
    let (publisher, clock) = (Publisher::start().await, clock());
    let document = publisher.keys(&clock);
    let has = |set: &KeySet, kid: &str| set.find(kid, jsonwebtoken::Algorithm::EdDSA).is_some();
    publisher.publish(key_set_with("a"));
    for _ in 0..3 {
        assert!(has(&document.get().await.expect("keys"), "a"));
    }
    assert_eq!(publisher.request_count(), 1);

    publisher.publish(key_set_with("b"));
    clock.advance(59);
    assert!(document.refresh().await.expect("no fetch").is_none());
    assert_eq!(publisher.request_count(), 1);
    clock.advance(1);
    assert!(has(&document.refresh().await.expect("a fetch").expect("newer"), "b"));
    for _ in 0..100 {
        assert!(document.refresh().await.expect("no fetch").is_none());
    }
    let set = document.get().await.expect("keys");
    assert!(has(&set, "b") && !has(&set, "a"), "a removed key is still in the set");
    assert_eq!(publisher.request_count(), 2);

    clock.advance(599);
    document.get().await.expect("cached for ten minutes");
    assert_eq!(publisher.request_count(), 2);
    clock.advance(1);
    document.get().await.expect("fetched again");
    assert_eq!(publisher.request_count(), 3);
    // A clock that is set back by days does not extend the cache lifetime.
    clock.advance(-2 * 86_400);
    document.get().await.expect("fetched again");
    assert_eq!(publisher.request_count(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_expired_keys_while_the_provider_is_unavailable() {
    let (publisher, clock) = (Publisher::start().await, clock());
    let document = publisher.keys(&clock);
    publisher.publish(key_set_with("a"));
    document.get().await.expect("keys");
    publisher.publish(Published::ServerError);
    clock.advance(600);
    assert!(matches!(document.get().await, Err(DocumentError::Fetch(FetchError::Status { .. }))));
    // For some seconds the failure is repeated without another request.
    for _ in 0..10 {
        assert!(matches!(document.get().await, Err(DocumentError::RecentlyFailed(_))));
    }
    assert_eq!(publisher.request_count(), 2);
    publisher.publish(key_set_with("a"));
    clock.advance(5);
    document.get().await.expect("keys again");
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_huge_redirected_and_malformed_key_sets() {
    let (publisher, clock) = (Publisher::start().await, clock());
    let document = publisher.keys(&clock);
    for has_length in [true, false] {
        publisher.publish(Published::Huge { has_length });
        assert!(matches!(document.get().await, Err(DocumentError::Fetch(FetchError::TooLarge { .. }))), "{has_length}");
        clock.advance(5);
    }
    publisher.publish(Published::Redirect);
    let requests = publisher.request_count();
    assert!(matches!(document.get().await, Err(DocumentError::Fetch(FetchError::Status { .. }))));
    assert_eq!(publisher.request_count(), requests + 1, "the redirect was followed");
    for text in ["", "{}", "<html>", r#"{"keys":{}}"#] {
        clock.advance(5);
        publisher.publish(Published::Keys(text.to_owned()));
        assert!(matches!(document.get().await, Err(DocumentError::Content { .. })), "{text}");
    }
    let fetcher = Fetcher::new(true, Bounds::DOCUMENT).expect("certificates");
    assert!(matches!(fetcher.get("http://127.0.0.1:1/").await, Err(FetchError::Unreachable { .. })));
    for address in ["http://id.example/", "file:///etc/passwd", "https://u:p@id.example/", "https:///x", "/x", ""] {
        assert!(matches!(fetcher.get(address).await, Err(FetchError::Address(_))), "{address}");
    }
    let strict = Fetcher::new(false, Bounds::DOCUMENT).expect("certificates");
    assert!(matches!(strict.get("http://127.0.0.1:1/").await, Err(FetchError::Address(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn times_out_when_the_provider_does_not_answer() {
    let publisher = Publisher::start().await;
    publisher.publish(Published::NoAnswer);
    let answer = timeout(ANSWER_TIME_MAX, publisher.keys(&clock()).get()).await.expect("the fetch times out");
    assert!(matches!(answer, Err(DocumentError::Fetch(FetchError::Timeout { .. }))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_with_an_invalid_discovery_document_signs_nobody_in() {
    let publisher = Publisher::start().await;
    let origin = &publisher.origin;
    let discovery = |issuer: &str, keys: &str| {
        format!(
            r#"{{"issuer":"{issuer}","authorization_endpoint":"{origin}/a","token_endpoint":"{origin}/t","jwks_uri":"{keys}"}}"#
        )
    };
    for invalid in [
        Published::Huge { has_length: true },
        Published::ServerError,
        Published::Keys("{}".to_owned()),
        Published::Keys(discovery("https://evil.test", &format!("{origin}/keys"))),
        Published::Keys(discovery(origin, "http://169.254.169.254/latest/meta-data/")),
        Published::Keys(discovery(origin, "file:///etc/passwd")),
    ] {
        publisher.publish(invalid);
        let mut browser = Browser::new(&Portal::with(origin, "any").state);
        assert_eq!(browser.get("/sign-in/oidc").await.location(), "/sign-in?said=unavailable");
    }
    publisher.publish(Published::Keys(discovery(origin, &format!("{origin}/keys"))));
    let mut browser = Browser::new(&Portal::with(origin, "any").state);
    assert!(browser.begin("/").await.starts_with(&format!("{origin}/a?")));
}
