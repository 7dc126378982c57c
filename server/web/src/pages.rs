//! The pages of `app` and their server functions, each request with its asker's reports.

use super::{asker, embed::Embedded, state::ServerState};
use app::ui::{App, AsOf, InFrame, KeptSince, LearnMore, shell};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, request::Parts},
    response::{IntoResponse, Response},
};
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list, render_app_async_with_context};
use muster_access::principal::Principal;
use muster_model::{
    ports::{Refused, ReportsRef},
    viewer::{Viewer, ViewerRole},
};
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

/// A page in answer to a form, with what became of it.
pub async fn page_that_tells<T: Clone + Send + Sync + 'static>(
    state: &ServerState,
    request: Request,
    told: T,
) -> Response {
    let (context, options) = (state.clone(), state.leptos_options.clone());
    let provide = move || {
        provide(&context);
        provide_context(told.clone());
    };
    render_app_async_with_context(provide, move || shell(options.clone()))(request).await.into_response()
}

/// What pages and server functions find in their context.
fn provide(state: &ServerState) {
    let parts = use_context::<Parts>();
    let query = parts.as_ref().and_then(|parts| parts.uri.query().map(str::to_owned)).unwrap_or_default();
    if parts.as_ref().is_some_and(|parts| parts.extensions.get::<Embedded>().is_some()) {
        provide_context(InFrame);
    }
    provide_context(LearnMore(state.learn_more_url.to_string()));
    match parts.as_ref().and_then(asker::principal) {
        Some(principal) => provide_reports(state, principal, &query),
        None => provide_context(state.sign_in.ways()),
    }
    protect();
}

fn provide_reports(state: &ServerState, principal: &Principal, query: &str) {
    provide_context(KeptSince(state.reports.store.kept_since()));
    provide_context(Viewer { name: principal.identity.name.clone(), role: ViewerRole::from(&principal.identity.role) });
    match asker::reports(state, principal, query) {
        Ok(reports) => {
            provide_context(AsOf(reports.day()));
            let reports: ReportsRef = Arc::new(reports);
            provide_context(reports);
        }
        Err(error) => provide_context(Refused(error.to_string())),
    }
}

/// Only our own scripts and styles run, whatever a machine called itself. The nonce is the page's. Attributes may style
/// their element: the lengths of bars are figures, which no stylesheet can know, and a nonce does not reach them.
fn protect() {
    let (Some(response), Some(nonce)) = (use_context::<ResponseOptions>(), leptos::nonce::use_nonce()) else { return };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         style-src-attr 'unsafe-inline'; object-src 'none'; img-src 'self' data:; connect-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(HeaderName::from_static("content-security-policy"), policy);
    }
}
