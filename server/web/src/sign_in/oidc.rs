//! `GET /sign-in/oidc` sends somebody to the identity provider, `GET /sign-in/oidc/callback` is where they come back.
//!
//! What was begun is kept here for ten minutes, and a cookie binds it to the browser that began it: an answer that
//! somebody else's login led to signs nobody in. Whatever goes wrong ends on the sign-in page, with one word; what
//! exactly it was is in the log.

use super::{
    admit::{admit, refuse},
    cookie,
    return_to::{return_to, see_other},
};
use crate::{error::HttpError, state::ServerState};
use app::ui::SIGN_IN;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{
        Extensions, HeaderMap, HeaderValue,
        header::{CACHE_CONTROL, SET_COOKIE},
    },
    response::Response,
};
use jiff::SignedDuration;
use muster_access::{
    oidc::{
        OidcSettings,
        provider::{Begun, LoginError, OidcError, Provider},
    },
    principal::Identity,
    public_url::PublicUrl,
    sessions::{Lifetimes, Sessions},
};
use muster_core::clock::SharedClock;
use serde::Deserialize;

/// As the audit names it.
const WAY: &str = "oidc";
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
    extensions: Extensions,
    headers: HeaderMap,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, HttpError> {
    let sign_in = &state.sign_in;
    let oidc = sign_in.oidc.as_ref().ok_or(HttpError::NotFound)?;
    let wanted = wanted.ok().and_then(|Query(wanted)| wanted.return_to);
    let (address, begun) = match oidc.provider.begin().await {
        Ok(begun) => begun,
        Err(error) => return refused(&state, &extensions, &Refused::of(&error)).await,
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
    extensions: Extensions,
    headers: HeaderMap,
    answer: Result<Query<Answer>, QueryRejection>,
) -> Result<Response, HttpError> {
    let sign_in = &state.sign_in;
    let oidc = sign_in.oidc.as_ref().ok_or(HttpError::NotFound)?;
    // Each login is good for one answer: taken out first, it cannot be used by a second one at the same time.
    let token = cookie::token(&headers, sign_in.public_url.login_cookie_name());
    let under_way = token.and_then(|token| oidc.under_way.find(token).and_then(|_| oidc.under_way.end(token)));
    let known = match (under_way, answer) {
        (Some(under_way), Ok(Query(answer))) => finished(oidc, under_way, answer).await,
        (None, _) => Err(Refused::unexpected("an answer came to a login that is not under way in that browser")),
        (_, Err(_)) => Err(Refused::unexpected("an answer came that is not understood")),
    };
    let mut response = match known {
        Ok((identity, return_to)) => {
            let cookie = admit(&state, &extensions, &headers, identity).await?;
            let mut response = see_other(&return_to);
            response.headers_mut().append(SET_COOKIE, cookie);
            response
        }
        Err(why) => refused(&state, &extensions, &why).await?,
    };
    response.headers_mut().append(SET_COOKIE, cookie::forget_login(&sign_in.public_url));
    Ok(private(response))
}

/// Who came back, and where they wanted to go.
async fn finished(
    oidc: &Oidc,
    UnderWay { begun, return_to }: UnderWay,
    answer: Answer,
) -> Result<(Identity, String), Refused> {
    if !answer.state.is_some_and(|state| begun.is_for(&state)) {
        return Err(Refused::unexpected("an answer came to another login than the one under way in that browser"));
    }
    match answer.error.as_deref() {
        None => {}
        Some("temporarily_unavailable" | "server_error") => {
            return Err(Refused::of(&LoginError::Unavailable("it says so itself".to_owned())));
        }
        Some(_) => return Err(Refused::unexpected("the identity provider or the person broke a login off")),
    }
    let Some(code) = answer.code.filter(|code| code.len() <= CODE_LENGTH_MAX) else {
        return Err(Refused::unexpected("an answer came without a code"));
    };
    let identity = oidc.provider.finish(begun, code, answer.iss.as_deref()).await;
    Ok((identity.map_err(|error| Refused::of(&error))?, return_to))
}

/// Why nobody is let in: a word for the person, and the reason for the log.
struct Refused {
    said: &'static str,
    why: String,
}

impl Refused {
    fn of(error: &LoginError) -> Self {
        let said = match error {
            LoginError::Unavailable(_) | LoginError::NoRandomness(_) => "unavailable",
            LoginError::Code(_) | LoginError::Token(_) | LoginError::OtherIssuer => "login_failed",
            LoginError::NoRole(_) => "no_access",
        };
        Self { said, why: error.to_string() }
    }

    fn unexpected(what: &str) -> Self {
        Self { said: "login_failed", why: what.to_owned() }
    }
}

async fn refused(state: &ServerState, extensions: &Extensions, refused: &Refused) -> Result<Response, HttpError> {
    tracing::warn!("nobody was signed in: {}", refused.why);
    refuse(state, extensions, WAY, refused.said).await?;
    Ok(see_other(&format!("{SIGN_IN}?said={}", refused.said)))
}

/// Addresses with codes and states in them are for one browser and one moment.
fn private(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
