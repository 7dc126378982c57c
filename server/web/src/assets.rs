//! Scripts, WASM and styles under `/pkg`. Their names never change, so browsers cache them but revalidate each time.

use axum::{
    Router,
    http::{HeaderValue, header::CACHE_CONTROL},
};
use std::path::Path;
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};

pub fn assets<S: Clone + Send + Sync + 'static>(site_dir: &Path) -> Router<S> {
    let revalidate = SetResponseHeaderLayer::overriding(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Router::new().nest_service("/pkg", ServeDir::new(site_dir.join("pkg"))).layer(revalidate)
}
