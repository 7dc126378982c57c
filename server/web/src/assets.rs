//! Scripts, WASM and styles: those under `/pkg`, and the few that are part of the binary.

use axum::{
    Router,
    http::{
        HeaderName, HeaderValue,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
};
use std::{future::Ready, path::Path};
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};

/// Names under `/pkg` never change, so browsers cache the files but revalidate each time.
pub fn assets<S: Clone + Send + Sync + 'static>(site_dir: &Path) -> Router<S> {
    let revalidate = SetResponseHeaderLayer::overriding(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Router::new().nest_service("/pkg", ServeDir::new(site_dir.join("pkg"))).layer(revalidate)
}

type File = ([(HeaderName, &'static str); 1], &'static str);

/// The handler of a script that is part of the binary.
pub fn script(text: &'static str) -> impl Fn() -> Ready<File> + Clone + Send + Sync + 'static {
    move || std::future::ready(([(CONTENT_TYPE, "text/javascript; charset=utf-8")], text))
}

/// The handler of styles that are part of the binary.
pub fn styles(text: &'static str) -> impl Fn() -> Ready<File> + Clone + Send + Sync + 'static {
    move || std::future::ready(([(CONTENT_TYPE, "text/css; charset=utf-8")], text))
}
