//! Authentication below `/embed/v1`: by the bearer token of a frame's session. Cookies are ignored.

use super::{error::EmbedError, state::Embed};
use crate::{
    request::{Embedded, SignedIn},
    sign_in::SignIn,
};
use axum::{
    extract::{FromRef, FromRequestParts, Request, State},
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use muster_access::{assertion::VerifiedAssertion, token::TokenHash};
use std::sync::Arc;

/// The session of a request, and the hash of its token.
pub struct Bearer {
    pub session: VerifiedAssertion,
    pub hash: TokenHash,
}

impl<S: Send + Sync> FromRequestParts<S> for Bearer
where
    Arc<Embed>: FromRef<S>,
{
    type Rejection = EmbedError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, EmbedError> {
        let hash = token(&parts.headers).map(TokenHash::of).ok_or(EmbedError::SessionExpired)?;
        let session = Arc::<Embed>::from_ref(state).sessions.find(hash).ok_or(EmbedError::SessionExpired)?;
        Ok(Self { session, hash })
    }
}

/// The bearer token, if the request has exactly one.
fn token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// Passes requests with a valid session only, with their caller and its current assignments.
pub async fn require_bearer(
    State(sign_in): State<Arc<SignIn>>,
    Bearer { session, .. }: Bearer,
    mut request: Request,
    next: Next,
) -> Response {
    let principal = sign_in.assignments.principal(session.identity);
    if principal.scope().size() == Some(0) {
        // A user without customers has nothing to see.
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
    fn accepts_exactly_one_bearer_token() {
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
