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
use std::time::Duration;

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
    pub sessions: Sessions<VerifiedAssertion>,
    /// By issuer and subject.
    pub session_limiter: KeyedRateLimiter<(String, String)>,
    /// A link cannot send a bearer token, so it contains one of these: for one file, once, within a minute, as long as its
    /// session lasts.
    pub downloads: Sessions<Download>,
}

impl Embed {
    /// Without embedders no page may frame the portal.
    pub fn new(public_url: &PublicUrl, embedders: Vec<Embedder>, clock: SharedClock) -> Self {
        Self {
            assertions: Assertions::new(format!("{}/embed", public_url.origin()), embedders, clock.clone()),
            sessions: Sessions::new(clock.clone(), LIFETIMES),
            session_limiter: KeyedRateLimiter::new(SESSION_QUOTA, &clock),
            downloads: Sessions::new(clock, DOWNLOAD_LIFETIMES).with_limit(DOWNLOADS_MAX),
        }
    }

    /// The origins that may frame the portal, separated by spaces.
    pub fn origins(&self) -> String {
        self.assertions.origins().into_iter().collect::<Vec<_>>().join(" ")
    }
}
