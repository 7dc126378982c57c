//! Every layer around every route, in one list.

use super::{csrf, error_pages, headers, host, limits, peer, rates, refusals, request_id, state::ServerState};
use axum::{
    Router,
    extract::Request,
    http::{StatusCode, header::ACCEPT},
    middleware::{Next, from_fn, from_fn_with_state},
    response::Response,
};
use muster_http::close_after_body::close_after_body;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    limit::RequestBodyLimitLayer,
    timeout::{RequestBodyTimeoutLayer, TimeoutLayer},
};

/// Adds all layers. The last one is the outermost: it sees a request first and its response last.
pub fn with_layers(router: Router<ServerState>, state: &ServerState) -> Router<ServerState> {
    let state = || state.clone();
    let limits = state().admission.limits;
    router
        .layer(CompressionLayer::new())
        .layer(from_fn(strip_rpc_accept))
        .layer(from_fn_with_state(state(), rates::rate_limit))
        .layer(csrf::csrf_layer())
        .layer(from_fn_with_state(state(), csrf::require_own_origin))
        .layer(RequestBodyLimitLayer::new(limits::BODY_BYTES_MAX))
        .layer(RequestBodyTimeoutLayer::new(limits.body_timeout))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, limits.timeout))
        .layer(from_fn_with_state(state(), limits::limit_concurrency))
        .layer(from_fn(limits::check_uri))
        .layer(from_fn_with_state(state(), host::require_own_host))
        .layer(from_fn_with_state(state(), refusals::record_refusals))
        .layer(CatchPanicLayer::custom(error_pages::panic_response))
        .layer(from_fn(error_pages::render_errors))
        .layer(from_fn_with_state(state(), headers::security_headers))
        .layer(from_fn(close_after_body))
        .layer(from_fn(request_id::trace_request))
        .layer(from_fn_with_state(state(), peer::resolve_client_ip))
}

/// Removes `Accept`, so that server functions always answer with data. If a browser opened their URL, they would redirect
/// to its referrer, which can be any site, with the error in the URL.
async fn strip_rpc_accept(mut request: Request, next: Next) -> Response {
    if request.uri().path().starts_with("/rpc/") {
        request.headers_mut().remove(ACCEPT);
    }
    next.run(request).await
}
