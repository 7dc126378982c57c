//! The portal in somebody else's page: a frame that asks the page around it who its user is, and the same pages and
//! files for that user. README.md beside this file is for whoever embeds.
//!
//! A session here is a bearer token that only the frame's memory holds. No cookie counts below `/embed`, and no bearer
//! elsewhere: the two kinds of session share nothing but the pages.

mod bearer;
mod error;
mod exports;
mod headers;
mod pages;
mod session;
mod shell;
mod tickets;

use super::{
    rates::{Allowance, Rate},
    state::ServerState,
};
use axum::{
    Router,
    http::HeaderValue,
    routing::{get, post},
};
use error::EmbedError;
use jiff::SignedDuration;
use muster_access::{
    assertion::Assertions,
    embedder::Embedder,
    principal::Identity,
    public_url::PublicUrl,
    sessions::{Lifetimes, Sessions},
};
use muster_core::clock::SharedClock;
use std::time::Duration;
use tickets::Tickets;

pub use bearer::Embedded;

const LIFETIMES: Lifetimes = Lifetimes { idle: SignedDuration::from_mins(15), absolute: SignedDuration::from_hours(8) };
/// Sessions that one person may start: a frame starts one each twelve minutes, and one whenever its page is loaded anew.
const SESSIONS_OF_ONE: Allowance = Allowance { at_once: 30, one_each: Duration::from_secs(2) };

/// What a frame's session remembers.
#[derive(Clone, Debug)]
pub struct EmbedSession {
    pub identity: Identity,
    /// The origin of the page around the frame.
    pub parent: String,
    /// What the frame made up for this session.
    pub nonce: String,
}

pub struct Embed {
    assertions: Assertions,
    sessions: Sessions<EmbedSession>,
    /// By issuer and subject.
    started: Rate<(String, String)>,
    tickets: Tickets,
    clock: SharedClock,
    frame_ancestors: HeaderValue,
}

impl Embed {
    /// Without embedders nobody may frame the portal.
    pub fn new(public_url: &PublicUrl, embedders: Vec<Embedder>, clock: SharedClock) -> Self {
        let assertions = Assertions::new(format!("{}/embed", public_url.origin()), embedders, clock.clone());
        Self {
            frame_ancestors: headers::policy(&assertions.origins()),
            assertions,
            sessions: Sessions::new(clock.clone(), LIFETIMES),
            started: Rate::new(SESSIONS_OF_ONE, &clock),
            tickets: Tickets::default(),
            clock,
        }
    }
}

/// Everything below `/embed`; `files` are the routes of `/export`.
pub fn embed(state: &ServerState, files: Router<ServerState>) -> Router<ServerState> {
    let shell = Router::new()
        .route("/embed/", get(shell::show_shell))
        .route("/embed/frame.js", get(shell::show_script))
        .route("/embed/frame.css", get(shell::show_styles));
    let files = files.with_state(state.clone());
    let redeem = move |state, ticket, request| exports::redeem_ticket(state, ticket, request, files.clone());
    let data = Router::new()
        .route("/session", post(session::start_session).delete(session::end_session))
        .route("/exports", post(exports::sell_ticket))
        .route("/exports/{ticket}", get(redeem))
        .nest("/pages", pages::pages(state))
        .fallback(|| async { EmbedError::NotFound });
    headers::of_shell(shell, state).nest("/embed/v1", headers::of_data(data))
}
