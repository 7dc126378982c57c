//! The portal inside an embedding page: a frame that asks the page for its user, and the same pages and files for that
//! user. docs/integrating.md is for integrators.
//!
//! A session is a bearer token that exists in the frame's memory only. Cookies do not count below `/embed`, and bearer
//! tokens do not count elsewhere.

mod bearer;
mod error;
mod exports;
mod headers;
mod session;
mod shell;
pub mod state;

use super::{assets, customer_views::record_customer_view, pages, state::ServerState};
use app::ui::{AUDIT_LINK, AUDITORS, NEW_EXCEPTION, SIGN_IN};
use axum::{
    Router,
    extract::Request,
    middleware::{Next, from_fn, from_fn_with_state},
    response::Response,
    routing::{get, post},
};
use bearer::require_bearer;
use error::EmbedError;

pub use state::Embed;

/// Pages that are not available in a frame: server functions, sign-in, and the forms of auditor links and exceptions.
const EXCLUDED_PATHS: [&str; 5] = ["/rpc/", SIGN_IN, AUDIT_LINK, AUDITORS, NEW_EXCEPTION];

/// All routes below `/embed`. `files` are the routes of `/export`.
pub fn embed(state: &ServerState, files: Router<ServerState>) -> Router<ServerState> {
    let shell = Router::new()
        .route("/embed/", get(shell::show_shell))
        .route("/embed/frame.js", get(assets::script(include_str!("embed/frame.js"))))
        .route("/embed/frame.css", get(assets::styles(include_str!("embed/frame.css"))));
    let files = files.with_state(state.clone());
    let download = move |embed, sign_in, token, request| {
        exports::redeem_download_token(embed, sign_in, token, request, files.clone())
    };
    // The portal's pages, which the frame fetches with its bearer token.
    let pages = pages::pages(state)
        .layer(from_fn_with_state(state.clone(), record_customer_view))
        .layer(from_fn_with_state(state.clone(), require_bearer))
        .layer(from_fn(exclude_paths));
    let data = Router::new()
        .route("/session", post(session::start_session).delete(session::end_session))
        .route("/exports", post(exports::issue_download_token))
        .route("/exports/{token}", get(download))
        .nest("/pages", pages)
        .fallback(|| async { EmbedError::NotFound });
    headers::with_shell_headers(shell, state.embed.clone()).nest("/embed/v1", headers::with_data_headers(data))
}

/// The path is without its prefix here, because the router is nested.
async fn exclude_paths(request: Request, next: Next) -> Result<Response, EmbedError> {
    let path = request.uri().path();
    match EXCLUDED_PATHS.iter().any(|prefix| path.starts_with(prefix)) {
        true => Err(EmbedError::NotFound),
        false => Ok(next.run(request).await),
    }
}
