//! The state of embedding: who may frame the portal, the frames' sessions and their download tokens.

use crate::rates::{KeyedRateLimiter, Quota};
use jiff::SignedDuration;
use muster_access::{
    assertion::{Assertions, VerifiedAssertion},
    embedder::Embedder,
    public_url::PublicUrl,
    sessions::{Lifetimes, Sessions},
    token::TokenHash,
};
use muster_core::clock::SharedClock;
use std::{sync::Arc, time::Duration};

pub const LIFETIMES: Lifetimes =
    Lifetimes { idle: SignedDuration::from_mins(15), absolute: SignedDuration::from_hours(8) };
/// Sessions per user: a frame starts one every twelve minutes, and one whenever its page is reloaded.
const SESSION_QUOTA: Quota = Quota { burst: 30, period: Duration::from_secs(2) };
const DOWNLOAD_LIFETIMES: Lifetimes = Lifetimes::fixed(SignedDuration::from_secs(60));
const DOWNLOADS_MAX: usize = 10_000;

/// What a download token is for.
#[derive(Clone)]
pub struct Download {
    pub session: TokenHash,
    /// Path and query string of the file.
    pub file: String,
}

pub struct Embed {
    pub assertions: Assertions,
    /// The frames' sessions, each with the assertion that started it.
    pub sessions: Arc<Sessions<VerifiedAssertion>>,
    /// By issuer and subject.
    pub session_limiter: Arc<KeyedRateLimiter<(String, String)>>,
    /// A link cannot send a bearer token, so it contains one of these: for one file, once, within a minute, as long as its
    /// session lasts.
    pub downloads: Arc<Sessions<Download>>,
}

impl Embed {
    /// Without embedders no page may frame the portal.
    pub fn new(public_url: &PublicUrl, embedders: Vec<Embedder>, clock: SharedClock) -> Self {
        Self {
            assertions: Assertions::new(format!("{}/embed", public_url.origin()), embedders, clock.clone()),
            sessions: Arc::new(Sessions::new(clock.clone(), LIFETIMES)),
            session_limiter: Arc::new(KeyedRateLimiter::new(SESSION_QUOTA, &clock)),
            downloads: Arc::new(Sessions::new(clock, DOWNLOAD_LIFETIMES).with_limit(DOWNLOADS_MAX)),
        }
    }

    /// Continues where `earlier` was, before the access file changed. Sessions that an embedding page started end with its
    /// section of the file, and those of an origin with the origin.
    pub fn continuing(self, earlier: &Self) -> Self {
        let assertions = self.assertions.continuing(&earlier.assertions);
        earlier.sessions.end_all(|session| !assertions.accepts(session));
        let (sessions, downloads) = (earlier.sessions.clone(), earlier.downloads.clone());
        Self { assertions, sessions, downloads, session_limiter: earlier.session_limiter.clone() }
    }

    /// The origins that may frame the portal, separated by spaces.
    pub fn origins(&self) -> String {
        self.assertions.origins().into_iter().collect::<Vec<_>>().join(" ")
    }
}
