//! The pages of `app` and their server functions, each with the caller's reports in its context.

use super::{
    caller_reports, enrollment::scoped::ScopedEnrollment, last_look, request::Embedded, search::search,
    state::ServerState,
};
use app::ui::{App, AsOf, EnrollsInstances, InFrame, KeptSince, LastLook, LearnMore, shell};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, Uri, request::Parts},
    response::{IntoResponse, Response},
    routing::get,
};
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list, render_app_async_with_context};
use muster_access::principal::Principal;
use muster_model::{
    ports::{EnrollmentRef, InvalidRequest, ReportsRef},
    viewer::{Viewer, ViewerRole},
};
use muster_reports::ScopedReports;
use std::sync::Arc;

/// The routes of all pages and server functions.
pub fn pages(state: &ServerState) -> Router<ServerState> {
    let routes = generate_route_list(App);
    let (context, options) = (state.clone(), state.leptos_options.clone());
    Router::new()
        .route("/search", get(search))
        .leptos_routes_with_context(state, routes, move || provide(&context), move || shell(options.clone()))
        .fallback(show_not_found)
}

/// The page for unknown paths.
async fn show_not_found(State(state): State<ServerState>, request: Request) -> Response {
    page_with_context(&state, request, ()).await
}

/// Renders a page with a value in its context.
pub async fn page_with_context<T: Clone + Send + Sync + 'static>(
    state: &ServerState,
    request: Request,
    result: T,
) -> Response {
    let (context, options) = (state.clone(), state.leptos_options.clone());
    let provide = move || {
        provide(&context);
        provide_context(result.clone());
    };
    render_app_async_with_context(provide, move || shell(options.clone()))(request).await.into_response()
}

/// Renders the page at `uri` in place of the answer to a form, with its result in the context.
pub async fn page_after_form<T: Clone + Send + Sync + 'static>(
    state: &ServerState,
    mut form: Parts,
    uri: Uri,
    result: T,
) -> Response {
    (form.method, form.uri) = (Method::GET, uri);
    page_with_context(state, Request::from_parts(form, Body::empty()), result).await
}

/// Provides the context of pages and server functions.
fn provide(state: &ServerState) {
    let parts = use_context::<Parts>();
    let query = parts.as_ref().and_then(|parts| parts.uri.query().map(str::to_owned)).unwrap_or_default();
    if parts.as_ref().is_some_and(|parts| parts.extensions.get::<Embedded>().is_some()) {
        provide_context(InFrame);
    }
    if let Some(last_look::LastLook(day)) = parts.as_ref().and_then(|parts| parts.extensions.get()) {
        provide_context(LastLook(*day));
    }
    provide_context(LearnMore(state.learn_more_url.to_string()));
    match parts.as_ref().and_then(caller_reports::principal) {
        Some(principal) => provide_reports(state, principal, &query),
        None => provide_context(state.sign_in.get().ways()),
    }
    set_content_security_policy();
}

fn provide_reports(state: &ServerState, principal: &Principal, query: &str) {
    provide_context(KeptSince(state.reports.store.kept_since()));
    provide_context(Viewer { name: principal.identity.name.clone(), role: ViewerRole::from(&principal.identity.role) });
    match caller_reports::reports(&state.reports, principal, query) {
        Ok(reports) => {
            provide_context(AsOf(reports.day()));
            provide_enrollment(state, principal, &reports);
            let reports: ReportsRef = Arc::new(reports);
            provide_context(reports);
        }
        Err(error) => provide_context(InvalidRequest(error.to_string())),
    }
}

/// Provides what the enrollment server says, and whether the pages about it are in the menu.
fn provide_enrollment(state: &ServerState, principal: &Principal, reports: &ScopedReports) {
    let Some(client) = state.enrollment.clone() else { return };
    let enrollment = ScopedEnrollment::new(client, principal, reports, state.reports.clock.now());
    if enrollment.is_present() {
        provide_context(EnrollsInstances);
    }
    let enrollment: EnrollmentRef = Arc::new(enrollment);
    provide_context(enrollment);
}

/// Allows our own scripts and styles only, and inline scripts with the page's nonce. Style attributes are allowed because
/// the lengths of bars are data, and nonces do not apply to attributes.
fn set_content_security_policy() {
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
