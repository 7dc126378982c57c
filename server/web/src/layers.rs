//! Every layer around every route, in one list.

use super::{csrf, headers, host, lengths, limits, peer, rates, readable, refusals, request_id, state::ServerState};
use axum::{
    Router,
    extract::Request,
    http::{StatusCode, header::ACCEPT},
    middleware::{Next, from_fn, from_fn_with_state},
    response::Response,
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    limit::RequestBodyLimitLayer,
    timeout::{RequestBodyTimeoutLayer, TimeoutLayer},
};

/// The last one named is the outermost: the first to see a request and the last to see its answer.
pub fn layered(router: Router<ServerState>, state: &ServerState) -> Router<ServerState> {
    let with_state = || state.clone();
    let limits = state.room.limits;
    router
        .layer(CompressionLayer::new())
        .layer(from_fn(no_way_back))
        .layer(from_fn_with_state(with_state(), rates::often_enough))
        .layer(csrf::same_site_only())
        .layer(from_fn_with_state(with_state(), csrf::no_other_origin))
        .layer(RequestBodyLimitLayer::new(limits::BODY_BYTES_MAX))
        .layer(RequestBodyTimeoutLayer::new(limits.body_pause))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, limits.time))
        .layer(from_fn_with_state(with_state(), limits::with_room))
        .layer(from_fn(limits::plain_addresses))
        .layer(from_fn_with_state(with_state(), host::only_ours))
        .layer(from_fn_with_state(with_state(), refusals::on_record))
        .layer(CatchPanicLayer::custom(readable::after_panic))
        .layer(from_fn(readable::readable))
        .layer(from_fn_with_state(with_state(), headers::protected))
        .layer(from_fn(lengths::last_without_length))
        .layer(from_fn(request_id::traced))
        .layer(from_fn_with_state(with_state(), peer::note_peer))
}

/// Server functions would answer a browser that follows a link with a redirect to the page it came from, which is
/// anybody's, and with the error in its address. No form of ours asks them: they always answer with data.
async fn no_way_back(mut request: Request, next: Next) -> Response {
    if request.uri().path().starts_with("/rpc/") {
        request.headers_mut().remove(ACCEPT);
    }
    next.run(request).await
}
