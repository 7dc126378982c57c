//! `/embed/v1/pages/…`: the pages of the portal, for the frame to fetch with its bearer token.

use super::{bearer::bearer_only, error::EmbedError};
use crate::{customer_views::on_record, pages, state::ServerState};
use app::ui::{AUDIT_LINK, AUDITORS, SIGN_IN};
use axum::{
    Router,
    extract::Request,
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};

/// What is routed beside pages, and no page of a frame: server functions, other ways in, and what changes something.
const NO_PAGES: [&str; 4] = ["/rpc/", SIGN_IN, AUDIT_LINK, AUDITORS];

pub fn pages(state: &ServerState) -> Router<ServerState> {
    pages::pages(state)
        .layer(from_fn_with_state(state.clone(), on_record))
        .layer(from_fn_with_state(state.clone(), bearer_only))
        .layer(from_fn(pages_only))
}

/// The router has taken the front of the path away already.
async fn pages_only(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    match NO_PAGES.iter().any(|start| path.starts_with(start)) {
        true => EmbedError::NotFound.into_response(),
        false => next.run(request).await,
    }
}
