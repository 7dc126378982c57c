//! The pages of `app` and their server functions, each request with its asker's reports.

use super::{asker, state::ServerState};
use app::{
    ports::{Refused, ReportsRef},
    ui::{App, AsOf, KeptSince, LearnMore, shell},
};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, request::Parts},
    response::{IntoResponse, Response},
};
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list, render_app_async_with_context};
use std::sync::Arc;

/// Every page's route, and every server function's.
pub fn pages(state: &ServerState) -> Router<ServerState> {
    let routes = generate_route_list(App);
    let (context, options) = (state.clone(), state.leptos_options.clone());
    Router::new()
        .leptos_routes_with_context(state, routes, move || provide(&context), move || shell(options.clone()))
        .fallback(show_not_found)
}

/// Any other path: the page that says what there is instead.
async fn show_not_found(State(state): State<ServerState>, request: Request) -> Response {
    let (context, options) = (state.clone(), state.leptos_options.clone());
    let handler = render_app_async_with_context(move || provide(&context), move || shell(options.clone()));
    handler(request).await.into_response()
}

/// What pages and server functions find in their context.
fn provide(state: &ServerState) {
    let query = use_context::<Parts>().and_then(|parts| parts.uri.query().map(str::to_owned)).unwrap_or_default();
    provide_context(KeptSince(state.reports.store.kept_since()));
    match asker::reports(state, &query) {
        Ok(reports) => {
            provide_context(AsOf(reports.day()));
            let reports: ReportsRef = Arc::new(reports);
            provide_context(reports);
        }
        Err(error) => provide_context(Refused(error.to_string())),
    }
    provide_context(LearnMore(state.learn_more_url.to_string()));
    protect();
}

/// Only our own scripts and styles run, whatever a machine called itself. The nonce is the page's.
fn protect() {
    let (Some(response), Some(nonce)) = (use_context::<ResponseOptions>(), leptos::nonce::use_nonce()) else { return };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         style-src-attr 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(HeaderName::from_static("content-security-policy"), policy);
    }
}
