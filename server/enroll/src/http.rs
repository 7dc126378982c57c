//! Routes, and what applies to every request: its client, its limits, its log line and the form of errors.

mod body;
mod openapi;
mod operators;
mod routes;
mod scripts;

use crate::{
    config::{PEER_IPV6_BITS, SHUTDOWN_MARGIN},
    refusal::EnrollError,
    service::Service,
};
use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, RETRY_AFTER},
    },
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use muster_audit::event::Source;
use muster_http::{
    close_after_body::close_after_body,
    connections::{self, ConnectionLimits},
    error_body::ErrorBody,
    forwarded_for::forwarded_for,
    rate_limiter::network_of,
};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpListener, sync::OwnedSemaphorePermit};
use tokio_rustls::TlsAcceptor;
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const HEALTH: &str = "/enroll/v1/health";
const ATTEST: &str = "/enroll/v1/attest";
/// How often counted refusals are recorded.
const REFUSALS_INTERVAL: Duration = Duration::from_secs(60);

/// Serves until `shutdown` resolves, then waits for running requests. Without TLS it must be behind a proxy that has it: evidence
/// and activation codes are secrets.
pub async fn serve(
    service: Arc<Service>,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    shutdown: impl Future<Output = ()>,
) {
    let counting = service.clone();
    let counts = tokio::spawn(async move {
        loop {
            tokio::time::sleep(REFUSALS_INTERVAL).await;
            counting.refusals.record(&counting.audit).await;
        }
    });
    let limits = service.config.limits;
    let shutdown_timeout = limits.connections.shutdown_timeout.max(limits.activation_timeout + SHUTDOWN_MARGIN);
    let connection_limits = ConnectionLimits { shutdown_timeout, ..limits.connections };
    connections::serve(listener, router(service.clone()), connection_limits, tls, shutdown).await;
    // Attempts whose instances have disconnected hold their permits until they end.
    let all = u32::try_from(limits.concurrency).unwrap_or(u32::MAX);
    if tokio::time::timeout(shutdown_timeout, service.permits.acquire_many(all)).await.is_err() {
        tracing::warn!("some attempts were aborted because they took longer than {} s", shutdown_timeout.as_secs());
    }
    counts.abort();
    service.refusals.record(&service.audit).await;
}

fn router(service: Arc<Service>) -> Router {
    let operators = match service.config.operators_secret {
        Some(_) => operators::router(&service),
        None => Router::new(),
    };
    Router::new()
        .merge(operators)
        .route("/enroll/v1/challenge", post(routes::create_challenge))
        .route(ATTEST, post(routes::attest))
        .route("/enroll/v1/status", get(routes::show_status))
        .route(HEALTH, get(routes::show_health))
        .route("/enroll/v1/scripts/{version}/{file}", get(scripts::show_script))
        .route("/enroll/v1/openapi.json", get(openapi::show_openapi))
        .fallback(|| async { EnrollError::NotFound })
        .method_not_allowed_fallback(|| async { EnrollError::MethodNotAllowed })
        .layer(from_fn_with_state(service.clone(), limit))
        .layer(from_fn(close_after_body))
        .layer(from_fn_with_state(service.clone(), identify))
        .with_state(service)
}

/// Finds the client, gives the request an id, logs it, and writes errors in their final form.
async fn identify(State(service): State<Arc<Service>>, mut request: Request, next: Next) -> Response {
    let connection = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
    let connection = connection.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)).to_canonical();
    let trusted = &service.config.trusted_proxies;
    let ip = match trusted.contains(connection) {
        true => forwarded_for(request.headers(), connection, trusted),
        false => connection,
    };
    let Ok(id) = crate::random::text(service.random.as_ref(), 16) else {
        return EnrollError::Unavailable.into_response();
    };
    request.extensions_mut().insert(Source { request_id: Some(id.clone()), ip: Some(ip), ..Source::default() });
    let span = tracing::info_span!("request", id, method = %request.method(), %ip);
    let answered = async move {
        let mut response = next.run(request).await;
        tracing::info!(status = response.status().as_u16(), "answered");
        if let Some(error) = response.extensions().get::<ErrorBody>().cloned() {
            let (parts, _) = response.into_parts();
            let (rendered, body) = error.envelope(Some(&id)).into_response().into_parts();
            response = Response::from_parts(parts, body);
            response.headers_mut().extend(rendered.headers);
        }
        let headers = response.headers_mut();
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        if let Ok(id) = HeaderValue::from_str(&id) {
            headers.insert(REQUEST_ID, id);
        }
        response
    };
    answered.instrument(span).await
}

/// The permit of a request, which is held until its handler and everything that the handler has started are done. It is taken
/// after the body was read, so that slow bodies keep nobody else from enrolling.
fn permit(service: &Service) -> Result<OwnedSemaphorePermit, EnrollError> {
    service.permits.clone().try_acquire_owned().map_err(|_| EnrollError::Unavailable)
}

/// Runs to its end in a task of its own, even if the client disconnects, so that what it does is recorded.
async fn to_the_end<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Result<T, EnrollError> {
    tokio::spawn(work).await.map_err(|error| {
        tracing::error!("a request ended early: {error}");
        EnrollError::Unavailable
    })
}

/// Refuses requests beyond the rate, before their body is read. The portal's are not counted, and those without its secret have
/// a quota of their own.
async fn limit(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_operators = service.config.operators_secret.is_some() && path.starts_with(operators::PREFIX);
    if path == HEALTH || is_operators {
        return next.run(request).await;
    }
    let source = request.extensions().get::<Source>().cloned().unwrap_or_default();
    let ip = source.ip.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let peers = if request.uri().path() == ATTEST { &service.peer_attempts } else { &service.peers };
    if let Err(retry_after) = peers.check(network_of(ip, PEER_IPV6_BITS)) {
        let refusal = EnrollError::RateLimited { retry_after };
        service.count_refusal(refusal.code(), source).await;
        return refusal.into_response();
    }
    next.run(request).await
}

impl IntoResponse for EnrollError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = ErrorBody::new(self.code(), self.to_string()).response(status);
        if let Some(retry_after) = self.retry_after() {
            // Rounded up, so that a request after this time is not too early.
            let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
            response.headers_mut().insert(RETRY_AFTER, seconds.max(1).into());
        }
        response
    }
}
