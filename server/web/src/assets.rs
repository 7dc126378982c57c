//! Scripts, WASM and styles under `/pkg`. Their names never change, so browsers keep them but ask each time.

use super::state::ServerState;
use axum::{
    Router,
    http::{HeaderValue, header::CACHE_CONTROL},
};
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};

pub fn assets(state: &ServerState) -> Router<ServerState> {
    let revalidate = SetResponseHeaderLayer::overriding(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Router::new().nest_service("/pkg", ServeDir::new(state.site_dir.join("pkg"))).layer(revalidate)
}
