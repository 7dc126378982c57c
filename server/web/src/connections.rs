//! Serves connections (`muster_http::connections`), and refuses requests without the host that HTTP/1.1 requires.

use super::host::require_host_header;
use axum::{Router, middleware::from_fn};
pub use muster_http::connections::ConnectionLimits;
use tokio::net::TcpListener;

/// Serves until `shutdown` resolves, then waits for running requests.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    shutdown: impl Future<Output = ()>,
) {
    muster_http::connections::serve(listener, router.layer(from_fn(require_host_header)), limits, None, shutdown).await;
}
