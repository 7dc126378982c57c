//! The portal inside an embedding page: a frame that asks the page for its user, and the same pages and files for that
//! user. README.md beside this file is for integrators.
//!
//! A session is a bearer token that exists in the frame's memory only. Cookies do not count below `/embed`, and bearer
//! tokens do not count elsewhere.

mod bearer;
mod error;
mod exports;
mod headers;
mod pages;
mod session;
mod shell;
pub mod state;

use super::state::ServerState;
use axum::{
    Router,
    routing::{get, post},
};
use error::EmbedError;

pub use state::Embed;

/// All routes below `/embed`. `files` are the routes of `/export`.
pub fn embed(state: &ServerState, files: Router<ServerState>) -> Router<ServerState> {
    let shell = Router::new()
        .route("/embed/", get(shell::show_shell))
        .route("/embed/frame.js", get(shell::show_script))
        .route("/embed/frame.css", get(shell::show_styles));
    let files = files.with_state(state.clone());
    let download = move |embed, sign_in, token, request| {
        exports::redeem_download_token(embed, sign_in, token, request, files.clone())
    };
    let data = Router::new()
        .route("/session", post(session::start_session).delete(session::end_session))
        .route("/exports", post(exports::issue_download_token))
        .route("/exports/{token}", get(download))
        .nest("/pages", pages::pages(state))
        .fallback(|| async { EmbedError::NotFound });
    headers::with_shell_headers(shell, &state.embed.origins()).nest("/embed/v1", headers::with_data_headers(data))
}
