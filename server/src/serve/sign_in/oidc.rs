//! `GET /sign-in/oidc` sends somebody to the identity provider, `GET /sign-in/oidc/callback` is where they come back.
//!
//! What was begun is kept here for ten minutes, and a cookie binds it to the browser that began it: an answer that
//! somebody else's login led to signs nobody in. Whatever goes wrong ends on the sign-in page, with one word; what
//! exactly it was is in the log.

use super::{
    cookie,
    return_to::{return_to, see_other},
};
use crate::{
    access::{
        oidc::{
            OidcSettings,
            provider::{Begun, LoginError, OidcError, Provider},
        },
        public_url::PublicUrl,
        sessions::{Lifetimes, Sessions},
    },
    clock::SharedClock,
    serve::{error::HttpError, state::ServerState},
};
use app::ui::SIGN_IN;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{
        HeaderMap, HeaderValue,
        header::{CACHE_CONTROL, SET_COOKIE},
    },
    response::Response,
};
use jiff::SignedDuration;
use serde::Deserialize;

const LOGIN_MINUTES: i64 = 10;
/// Logins that are under way at a time; each remembers a few hundred bytes and an address.
const LOGINS_MAX: usize = 10_000;
/// Longer than any provider's.
const CODE_LENGTH_MAX: usize = 4_096;

/// The way to sign in, with the logins that are under way.
pub struct Oidc {
    provider: Provider,
    under_way: Sessions<UnderWay>,
}

#[derive(Clone)]
struct UnderWay {
    begun: Begun,
    return_to: String,
}

impl Oidc {
    pub fn new(settings: OidcSettings, public_url: &PublicUrl, clock: SharedClock) -> Result<Self, OidcError> {
        let provider = Provider::new(settings, public_url, clock.clone())?;
        let whole = SignedDuration::from_mins(LOGIN_MINUTES);
        let under_way = Sessions::new(clock, Lifetimes { idle: whole, absolute: whole }).with_room(LOGINS_MAX);
        Ok(Self { provider, under_way })
    }
}

#[derive(Deserialize)]
pub struct Wanted {
    return_to: Option<String>,
}

/// What the provider sends along; anything else is not looked at.
#[derive(Deserialize)]
pub struct Answer {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

pub async fn begin(
    State(state): State<ServerState>,
    headers: HeaderMap,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, HttpError> {
    let sign_in = &state.sign_in;
    let oidc = sign_in.oidc.as_ref().ok_or(HttpError::NotFound)?;
    let wanted = wanted.ok().and_then(|Query(wanted)| wanted.return_to);
    let (address, begun) = match oidc.provider.begin().await {
        Ok(begun) => begun,
        Err(error) => return Ok(failed(&error)),
    };
    // The browser's earlier try is over.
    if let Some(token) = cookie::token(&headers, sign_in.public_url.login_cookie_name()) {
        oidc.under_way.end(token);
    }
    let return_to = return_to(wanted.as_deref()).to_owned();
    let token = oidc.under_way.start(UnderWay { begun, return_to })?;
    let mut response = private(see_other(&address));
    response.headers_mut().append(SET_COOKIE, cookie::set_login(&sign_in.public_url, &token, LOGIN_MINUTES * 60));
    Ok(response)
}

pub async fn finish(
    State(state): State<ServerState>,
    headers: HeaderMap,
    answer: Result<Query<Answer>, QueryRejection>,
) -> Result<Response, HttpError> {
    let sign_in = &state.sign_in;
    let oidc = sign_in.oidc.as_ref().ok_or(HttpError::NotFound)?;
    // Each login is good for one answer: taken out first, it cannot be used by a second one at the same time.
    let token = cookie::token(&headers, sign_in.public_url.login_cookie_name());
    let under_way = token.and_then(|token| oidc.under_way.find(token).and_then(|_| oidc.under_way.end(token)));
    let mut response = match (under_way, answer) {
        (Some(under_way), Ok(Query(answer))) => finished(&state, oidc, &headers, under_way, answer).await?,
        (None, _) => unexpected("an answer came to a login that is not under way in that browser"),
        (_, Err(_)) => unexpected("an answer came that is not understood"),
    };
    response.headers_mut().append(SET_COOKIE, cookie::forget_login(&sign_in.public_url));
    Ok(private(response))
}

async fn finished(
    state: &ServerState,
    oidc: &Oidc,
    headers: &HeaderMap,
    UnderWay { begun, return_to }: UnderWay,
    answer: Answer,
) -> Result<Response, HttpError> {
    if !answer.state.is_some_and(|state| begun.is_for(&state)) {
        return Ok(unexpected("an answer came to another login than the one under way in that browser"));
    }
    match answer.error.as_deref() {
        None => {}
        Some("temporarily_unavailable" | "server_error") => {
            return Ok(failed(&LoginError::Unavailable("it says so itself".to_owned())));
        }
        Some(_) => return Ok(unexpected("the identity provider or the person broke a login off")),
    }
    let Some(code) = answer.code.filter(|code| code.len() <= CODE_LENGTH_MAX) else {
        return Ok(unexpected("an answer came without a code"));
    };
    let identity = match oidc.provider.finish(begun, code, answer.iss.as_deref()).await {
        Ok(identity) => identity,
        Err(error) => return Ok(failed(&error)),
    };
    tracing::info!(sign_in.role = identity.role.code(), "somebody signed in by the identity provider");
    let cookie = state.sign_in.start(headers, identity)?;
    let mut response = see_other(&return_to);
    response.headers_mut().append(SET_COOKIE, cookie);
    Ok(response)
}

fn failed(error: &LoginError) -> Response {
    tracing::warn!("nobody was signed in: {error}");
    let said = match error {
        LoginError::Unavailable(_) | LoginError::NoRandomness(_) => "unavailable",
        LoginError::Code(_) | LoginError::Token(_) | LoginError::OtherIssuer => "login_failed",
        LoginError::NoRole(_) => "no_access",
    };
    see_other(&format!("{SIGN_IN}?said={said}"))
}

fn unexpected(what: &'static str) -> Response {
    tracing::warn!("nobody was signed in: {what}");
    see_other(&format!("{SIGN_IN}?said=login_failed"))
}

/// Addresses with codes and states in them are for one browser and one moment.
fn private(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
