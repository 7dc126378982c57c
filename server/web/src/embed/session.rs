//! `POST /embed/v1/session`: an assertion for a bearer token; `DELETE`: the end of the session.

use super::{
    EmbedSession, LIFETIMES,
    bearer::{Bearer, token},
    error::EmbedError,
};
use crate::{audited::record, state::ServerState};
use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request, State},
    http::{Extensions, HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use jiff::Timestamp;
use muster_access::assertion::{AssertionError, Vouched};
use muster_audit::event::{Action, Event, Outcome};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// An assertion that names 500 customers fits.
const BODY_BYTES_MAX: usize = 16 * 1024;
/// 128 bits in hexadecimal or base64url, and some room.
const NONCE_CHARS: std::ops::RangeInclusive<usize> = 16..=64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    assertion: String,
    nonce: String,
}

#[derive(Serialize)]
struct Started {
    access_token: String,
    /// Seconds for which it lasts unused.
    expires_in: i64,
    /// It ends then however much it is used.
    session_expires_at: Option<Timestamp>,
    /// The page around, which the frame compares with the one that it talks to.
    parent: String,
}

/// A body as it is allowed below `/embed/v1`: JSON, small, nothing unknown in it.
pub struct Small<T>(pub T);

impl<T: DeserializeOwned> FromRequest<ServerState> for Small<T> {
    type Rejection = Response;

    async fn from_request(request: Request, _: &ServerState) -> Result<Self, Response> {
        if !is_json(request.headers()) {
            return Err(EmbedError::BadRequest.into_response());
        }
        let body: Bytes = match Limited::new(request.into_body(), BODY_BYTES_MAX).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => return Err(StatusCode::PAYLOAD_TOO_LARGE.into_response()),
            Err(_) => return Err(EmbedError::BadRequest.into_response()),
        };
        serde_json::from_slice(&body).map(Self).map_err(|_| EmbedError::BadRequest.into_response())
    }
}

/// Another type could be sent by another site's form.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.and_then(|value| value.split(';').next()).is_some_and(|kind| kind.trim() == "application/json")
}

pub async fn start_session(
    State(state): State<ServerState>,
    extensions: Extensions,
    Small(wanted): Small<Wanted>,
) -> Result<Response, EmbedError> {
    let embed = &state.embed;
    if !NONCE_CHARS.contains(&wanted.nonce.len()) {
        return Err(EmbedError::BadRequest);
    }
    let verified = embed.assertions.verify(&wanted.assertion, &wanted.nonce).and_then(|vouched| {
        let principal = state.sign_in.assignments.principal(vouched.identity.clone());
        // Nobody's accounts are nothing to show.
        if principal.scope().size() == Some(0) { Err(AssertionError::NotAllowed) } else { Ok((vouched, principal)) }
    });
    let (Vouched { identity, parent }, principal) = match verified {
        Ok(vouched) => vouched,
        Err(error) => {
            match error {
                AssertionError::Replayed => tracing::warn!("an assertion was shown that had been used: {error}"),
                _ => tracing::info!("an assertion was refused: {error}"),
            }
            let event = Event::new(Action::AssertionRefused, Outcome::Refused).about("embed");
            record(&state, &extensions, event.saying(&error.to_string())).await?;
            return Err(error.into());
        }
    };
    if embed.started.count((identity.issuer.clone(), identity.subject.clone())).is_err() {
        return Err(EmbedError::TooMany);
    }
    let event = Event::new(Action::EmbedSession, Outcome::Ok).by(&principal).within(&parent);
    record(&state, &extensions, event).await?;
    let session = EmbedSession { identity, parent: parent.clone(), nonce: wanted.nonce };
    let token = embed.sessions.start(session)?;
    let started = Started {
        access_token: token.reveal().to_owned(),
        expires_in: LIFETIMES.idle.as_secs(),
        session_expires_at: embed.sessions.ends_at(token.reveal()),
        parent,
    };
    Ok(Json(started).into_response())
}

/// Ends the session of the bearer; the tickets that it bought end with it.
pub async fn end_session(
    State(state): State<ServerState>,
    Bearer { session, .. }: Bearer,
    extensions: Extensions,
    headers: HeaderMap,
) -> Result<StatusCode, EmbedError> {
    if let Some(token) = token(&headers) {
        state.embed.sessions.end(token);
    }
    let principal = state.sign_in.assignments.principal(session.identity);
    let event = Event::new(Action::SessionEnd, Outcome::Ok).by(&principal).within(&session.parent);
    record(&state, &extensions, event).await?;
    Ok(StatusCode::NO_CONTENT)
}
