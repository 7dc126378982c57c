//! `/embed/v1/pages/…`: the pages of the portal, for the frame to fetch with its bearer token.

use super::{bearer::bearer_only, error::EmbedError};
use crate::serve::{pages, state::ServerState};
use app::ui::SIGN_IN;
use axum::{
    Router,
    extract::Request,
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};

/// What is routed beside pages, and no page of a frame: server functions, and another way in.
const NO_PAGES: [&str; 2] = ["/rpc/", SIGN_IN];

pub fn pages(state: &ServerState) -> Router<ServerState> {
    pages::pages(state).layer(from_fn_with_state(state.clone(), bearer_only)).layer(from_fn(pages_only))
}

/// The router has taken the front of the path away already.
async fn pages_only(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    match NO_PAGES.iter().any(|start| path.starts_with(start)) {
        true => EmbedError::NotFound.into_response(),
        false => next.run(request).await,
    }
}
