//! Who sent a request below `/embed/v1`: whoever holds the bearer token of a session. Cookies are not looked at.

use super::{EmbedSession, error::EmbedError};
use crate::{sign_in::identify::SignedIn, state::ServerState};
use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use muster_access::token::TokenHash;

/// Marks a request whose page is shown in somebody else's, which has a head and a way out of its own.
#[derive(Clone, Debug)]
pub struct Embedded {
    /// Its origin.
    pub parent: String,
}

/// A session that has not ended, and the hash of its token.
pub struct Bearer {
    pub session: EmbedSession,
    pub hash: TokenHash,
}

impl FromRequestParts<ServerState> for Bearer {
    type Rejection = EmbedError;

    async fn from_request_parts(parts: &mut Parts, state: &ServerState) -> Result<Self, EmbedError> {
        let hash = token(&parts.headers).map(TokenHash::of).ok_or(EmbedError::SessionExpired)?;
        let session = state.embed.sessions.find_by_hash(hash).ok_or(EmbedError::SessionExpired)?;
        Ok(Self { session, hash })
    }
}

/// The one token that a request bears.
pub fn token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// Lets a request pass as its session's, with what is assigned to that person at this moment.
pub async fn bearer_only(
    State(state): State<ServerState>,
    Bearer { session, .. }: Bearer,
    mut request: Request,
    next: Next,
) -> Response {
    let principal = state.sign_in.assignments.principal(session.identity);
    if principal.scope().size() == Some(0) {
        // Somebody who lost every customer has lost the session too.
        return EmbedError::SessionExpired.into_response();
    }
    request.extensions_mut().insert(SignedIn(principal));
    request.extensions_mut().insert(Embedded { parent: session.parent });
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn exactly_one_token_is_borne() {
        let headers = |values: &[&'static str]| -> HeaderMap {
            values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_static(value))).collect()
        };
        assert_eq!(token(&headers(&["Bearer abc"])), Some("abc"));
        assert_eq!(token(&headers(&["bearer abc"])), Some("abc"));
        for wrong in [&[][..], &["abc"], &["Basic abc"], &["Bearer abc", "Bearer abc"], &["Bearer"]] {
            assert_eq!(token(&headers(wrong)), None);
        }
    }
}
