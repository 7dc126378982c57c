//! `/embed/v1/pages/…`: the portal's pages, which the frame fetches with its bearer token.

use super::{bearer::require_bearer, error::EmbedError};
use crate::{customer_views::record_customer_view, pages, state::ServerState};
use app::ui::{AUDIT_LINK, AUDITORS, SIGN_IN};
use axum::{
    Router,
    extract::Request,
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};

/// Routes that are not available in a frame: server functions, sign-in and the management of auditor links.
const EXCLUDED_PATHS: [&str; 4] = ["/rpc/", SIGN_IN, AUDIT_LINK, AUDITORS];

pub fn pages(state: &ServerState) -> Router<ServerState> {
    pages::pages(state)
        .layer(from_fn_with_state(state.clone(), record_customer_view))
        .layer(from_fn_with_state(state.clone(), require_bearer))
        .layer(from_fn(exclude_paths))
}

/// The path is without its prefix here, because the router is nested.
async fn exclude_paths(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    match EXCLUDED_PATHS.iter().any(|prefix| path.starts_with(prefix)) {
        true => EmbedError::NotFound.into_response(),
        false => next.run(request).await,
    }
}
