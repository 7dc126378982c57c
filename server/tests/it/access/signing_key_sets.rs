//! Sets of keys as providers publish them, and as they should not: how often they are asked for, and what is not taken.

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
use jiff::{SignedDuration, Timestamp};
use muster_access::{
    cached_document::{CachedDocument, DocumentError},
    fetch::{FetchError, Fetcher},
    jwt::keys::KeySet,
};
use muster_core::clock::{Clock, FixedClock};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{net::TcpListener, time::timeout};

/// Far more than may be read: 50 MB.
const HUGE: usize = 50 * 1024 * 1024;
/// Twice what somebody is given to answer in.
const SILENCE_TIME_MAX: Duration = Duration::from_secs(20);

/// A host that publishes whatever it is told to, and counts how often it is asked.
struct Publisher {
    told: Arc<Told>,
    origin: String,
}

#[derive(Default)]
struct Told {
    answer: Mutex<Published>,
    asked: AtomicUsize,
}

#[derive(Clone, Default)]
enum Published {
    #[default]
    Nothing,
    Keys(String),
    Huge {
        says_so: bool,
    },
    Elsewhere,
    /// It takes the question, and that is all.
    Silence,
}

impl Publisher {
    async fn start() -> Self {
        let told = Arc::new(Told::default());
        let router = Router::new().route("/{*any}", get(answer)).with_state(told.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { told, origin }
    }

    fn publish(&self, answer: Published) {
        *self.told.answer.lock().expect("the answer") = answer;
    }

    fn asked(&self) -> usize {
        self.told.asked.load(Ordering::SeqCst)
    }

    fn keys(&self, clock: &Arc<FixedClock>) -> CachedDocument<KeySet> {
        let fetcher = Arc::new(Fetcher::new(true).expect("certificates"));
        CachedDocument::new(format!("{}/keys", self.origin), KeySet::read, fetcher, clock.clone())
    }
}

async fn answer(State(told): State<Arc<Told>>) -> Response {
    told.asked.fetch_add(1, Ordering::SeqCst);
    let answer = told.answer.lock().expect("the answer").clone();
    match answer {
        Published::Nothing => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Published::Keys(text) => ([("cache-control", "max-age=600")], text).into_response(),
        Published::Huge { says_so: true } => vec![b' '; HUGE].into_response(),
        Published::Huge { says_so: false } => {
            let chunks = (0..HUGE / 65_536).map(|_| Ok::<_, std::io::Error>(vec![b' '; 65_536]));
            Body::from_stream(stream::iter(chunks)).into_response()
        }
        Published::Silence => std::future::pending().await,
        Published::Elsewhere => (StatusCode::FOUND, [(LOCATION, "/keys-elsewhere")]).into_response(),
    }
}

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::at(Timestamp::UNIX_EPOCH))
}

fn wait(clock: &FixedClock, seconds: i64) {
    clock.set(clock.now() + SignedDuration::from_secs(seconds));
}

fn set_with(kid: &str) -> Published {
    Published::Keys(jwks(&[keys().ed.jwk(kid)]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_is_read_again_when_it_is_old_and_once_a_minute_when_a_key_is_missed() {
    let (publisher, clock) = (Publisher::start().await, clock());
    let remote = publisher.keys(&clock);
    let has = |set: &KeySet, kid: &str| set.find(kid, jsonwebtoken::Algorithm::EdDSA).is_some();
    publisher.publish(set_with("a"));
    for _ in 0..3 {
        assert!(has(&remote.get().await.expect("keys"), "a"));
    }
    assert_eq!(publisher.asked(), 1);

    publisher.publish(set_with("b"));
    wait(&clock, 59);
    assert!(remote.refresh().await.expect("nothing to ask").is_none());
    assert_eq!(publisher.asked(), 1);
    wait(&clock, 1);
    assert!(has(&remote.refresh().await.expect("asked").expect("newer"), "b"));
    for _ in 0..100 {
        assert!(remote.refresh().await.expect("nothing to ask").is_none());
    }
    let set = remote.get().await.expect("keys");
    assert!(has(&set, "b") && !has(&set, "a"), "a key that was taken away is gone");
    assert_eq!(publisher.asked(), 2);

    wait(&clock, 599);
    remote.get().await.expect("kept for ten minutes");
    assert_eq!(publisher.asked(), 2);
    wait(&clock, 1);
    remote.get().await.expect("read again");
    assert_eq!(publisher.asked(), 3);
    // A clock that went back a day makes nothing last until tomorrow.
    wait(&clock, -2 * 86_400);
    remote.get().await.expect("read again");
    assert_eq!(publisher.asked(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_old_do_not_count_while_their_owner_is_away() {
    let (publisher, clock) = (Publisher::start().await, clock());
    let remote = publisher.keys(&clock);
    publisher.publish(set_with("a"));
    remote.get().await.expect("keys");
    publisher.publish(Published::Nothing);
    wait(&clock, 600);
    assert!(matches!(remote.get().await, Err(DocumentError::Fetch(FetchError::Status { .. }))));
    // Everybody who comes in the next moments is told so without another request.
    for _ in 0..10 {
        assert!(matches!(remote.get().await, Err(DocumentError::RecentlyFailed(_))));
    }
    assert_eq!(publisher.asked(), 2);
    publisher.publish(set_with("a"));
    wait(&clock, 5);
    remote.get().await.expect("keys again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_huge_elsewhere_or_no_set_is_not_taken() {
    let (publisher, clock) = (Publisher::start().await, clock());
    let remote = publisher.keys(&clock);
    for says_so in [true, false] {
        publisher.publish(Published::Huge { says_so });
        assert!(matches!(remote.get().await, Err(DocumentError::Fetch(FetchError::TooLarge(_)))), "{says_so}");
        wait(&clock, 5);
    }
    publisher.publish(Published::Elsewhere);
    let asked = publisher.asked();
    assert!(matches!(remote.get().await, Err(DocumentError::Fetch(FetchError::Status { .. }))));
    assert_eq!(publisher.asked(), asked + 1, "nobody follows");
    for text in ["", "{}", "<html>", r#"{"keys":{}}"#] {
        wait(&clock, 5);
        publisher.publish(Published::Keys(text.to_owned()));
        assert!(matches!(remote.get().await, Err(DocumentError::Content { .. })), "{text}");
    }
    let nobody = Fetcher::new(true).expect("certificates");
    assert!(matches!(nobody.get("http://127.0.0.1:1/").await, Err(FetchError::Unreachable { .. })));
    for address in ["http://id.example/", "file:///etc/passwd", "https://u:p@id.example/", "https:///x", "/x", ""] {
        assert!(matches!(nobody.get(address).await, Err(FetchError::Address(_))), "{address}");
    }
    let strict = Fetcher::new(false).expect("certificates");
    assert!(matches!(strict.get("http://127.0.0.1:1/").await, Err(FetchError::Address(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_answer_is_given_up() {
    let publisher = Publisher::start().await;
    publisher.publish(Published::Silence);
    let answer = timeout(SILENCE_TIME_MAX, publisher.keys(&clock()).get()).await.expect("given up by itself");
    assert!(matches!(answer, Err(DocumentError::Fetch(FetchError::Timeout { .. }))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_whose_own_description_is_wrong_signs_nobody_in() {
    let publisher = Publisher::start().await;
    let origin = &publisher.origin;
    let described = |issuer: &str, keys: &str| {
        format!(
            r#"{{"issuer":"{issuer}","authorization_endpoint":"{origin}/a","token_endpoint":"{origin}/t","jwks_uri":"{keys}"}}"#
        )
    };
    for wrong in [
        Published::Huge { says_so: true },
        Published::Nothing,
        Published::Keys("{}".to_owned()),
        Published::Keys(described("https://evil.test", &format!("{origin}/keys"))),
        Published::Keys(described(origin, "http://169.254.169.254/latest/meta-data/")),
        Published::Keys(described(origin, "file:///etc/passwd")),
    ] {
        publisher.publish(wrong);
        let mut browser = Browser::new(&Portal::with(origin, "any").state);
        assert_eq!(browser.get("/sign-in/oidc").await.location(), "/sign-in?said=unavailable");
    }
    publisher.publish(Published::Keys(described(origin, &format!("{origin}/keys"))));
    let mut browser = Browser::new(&Portal::with(origin, "any").state);
    assert!(browser.begin("/").await.starts_with(&format!("{origin}/a?")));
}
