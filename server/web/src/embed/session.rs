//! `POST /embed/v1/session` exchanges an assertion for a bearer token; `DELETE` ends the session.

use super::{
    bearer::Bearer,
    error::EmbedError,
    state::{Embed, LIFETIMES},
};
use crate::{audit_trail::AuditTrail, sign_in::SignIn};
use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request, State},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use jiff::Timestamp;
use muster_access::assertion::{AssertionError, RefusedAssertion};
use muster_audit::event::{Action, Event, Outcome};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::sync::Arc;

/// Enough for an assertion with 500 customers.
const BODY_BYTES_MAX: usize = 16 * 1024;
/// 128 bits in hexadecimal or base64url fit.
const NONCE_BYTES: std::ops::RangeInclusive<usize> = 16..=64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionRequest {
    assertion: String,
    nonce: String,
}

#[derive(Serialize)]
pub struct SessionResponse {
    access_token: String,
    /// The idle lifetime in seconds.
    expires_in: i64,
    /// The end of the absolute lifetime.
    session_expires_at: Option<Timestamp>,
    /// The origin of the embedding page, which the frame compares with the one that it talks to.
    parent: String,
}

/// A body of at most 16 KiB of JSON.
pub struct SmallJson<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for SmallJson<T> {
    type Rejection = Response;

    async fn from_request(request: Request, _: &S) -> Result<Self, Response> {
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

/// Forms of other sites cannot send this content type.
fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type.and_then(|value| value.split(';').next()).is_some_and(|value| value.trim() == "application/json")
}

pub async fn start_session(
    State(embed): State<Arc<Embed>>,
    State(sign_in): State<Arc<SignIn>>,
    trail: AuditTrail,
    SmallJson(request): SmallJson<SessionRequest>,
) -> Result<Json<SessionResponse>, EmbedError> {
    if !NONCE_BYTES.contains(&request.nonce.len()) {
        tracing::info!("a sign-in assertion was refused: the frame's nonce does not have 16 to 64 bytes");
        return Err(EmbedError::BadRequest);
    }
    let verified = embed.assertions.verify(&request.assertion, &request.nonce).and_then(|session| {
        let principal = sign_in.assignments.principal(session.identity.clone());
        // A user without customers has nothing to see.
        match principal.scope().size() {
            Some(0) => Err(AssertionError::NotAllowed.because("the user is assigned to none of the customers")),
            _ => Ok((session, principal)),
        }
    });
    let (session, principal) = match verified {
        Ok(verified) => verified,
        Err(RefusedAssertion { error, reason }) => {
            match error {
                AssertionError::Replayed => tracing::warn!("a sign-in assertion was refused: {reason}"),
                _ => tracing::info!("a sign-in assertion was refused: {reason}"),
            }
            let event = Event::new(Action::AssertionRefused, Outcome::Refused).object("embed");
            trail.record(event.detail(&error.to_string())).await?;
            return Err(error.into());
        }
    };
    let (identity, parent) = (&session.identity, session.parent.clone());
    if embed.session_limiter.check((identity.issuer.clone(), identity.subject.clone())).is_err() {
        return Err(EmbedError::RateLimited);
    }
    trail.record(Event::new(Action::EmbedSession, Outcome::Ok).by(&principal).parent_origin(&parent)).await?;
    let token = embed.sessions.start(session)?;
    Ok(Json(SessionResponse {
        access_token: token.reveal().to_owned(),
        expires_in: LIFETIMES.idle.as_secs(),
        session_expires_at: embed.sessions.ends_at(token.hash()),
        parent,
    }))
}

/// Ends the session, and with it its download tokens.
pub async fn end_session(
    State(embed): State<Arc<Embed>>,
    State(sign_in): State<Arc<SignIn>>,
    Bearer { session, hash }: Bearer,
    trail: AuditTrail,
) -> Result<StatusCode, EmbedError> {
    embed.sessions.end(hash);
    let principal = sign_in.assignments.principal(session.identity);
    let event = Event::new(Action::SessionEnd, Outcome::Ok).by(&principal).parent_origin(&session.parent);
    trail.record(event).await?;
    Ok(StatusCode::NO_CONTENT)
}
