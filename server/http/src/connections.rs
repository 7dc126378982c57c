//! Accepts and serves connections. Unlike axum's own loop it bounds the number of connections, the time for a request's
//! head and the time in which a client must read some of the response.

use axum::{Router, extract::ConnectInfo, http::Request};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;

/// A request's first line and headers together.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// The pause after a failed accept, for example when no file descriptors are left.
const ACCEPT_RETRY_AFTER: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// Concurrent connections; a browser opens up to six. Further ones wait in the kernel's queue.
    pub connections_max: usize,
    /// The time for a request's head to arrive, which also closes idle connections.
    pub head_timeout: Duration,
    /// The longest time in which a client reads nothing of a response.
    pub write_timeout: Duration,
    /// The time that running requests get when the portal shuts down.
    pub shutdown_timeout: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            connections_max: 4_096,
            head_timeout: Duration::from_secs(15),
            write_timeout: Duration::from_secs(60),
            shutdown_timeout: Duration::from_secs(30),
        }
    }
}

/// Serves until `shutdown` resolves, then waits for running requests.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    shutdown: impl Future<Output = ()>,
) {
    let permits = Arc::new(Semaphore::new(limits.connections_max));
    let (stop, stopping) = watch::channel(false);
    let mut shutdown = pin!(shutdown);
    loop {
        // The semaphore is never closed, so each connection has a permit.
        let next = async { (permits.clone().acquire_owned().await, accept(&listener).await) };
        let (permit, (stream, peer)) = tokio::select! {
            () = &mut shutdown => break,
            next = next => next,
        };
        let (router, stopping) = (router.clone(), stopping.clone());
        tokio::spawn(async move {
            serve_connection(stream, peer, router, limits, stopping).await;
            drop(permit);
        });
    }
    drop((listener, stopping));
    stop.send_replace(true);
    if tokio::time::timeout(limits.shutdown_timeout, stop.closed()).await.is_err() {
        let seconds = limits.shutdown_timeout.as_secs();
        tracing::warn!("some requests were aborted because they took longer than {seconds} s to end");
    }
}

async fn serve_connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: ConnectionLimits,
    mut stopping: watch::Receiver<bool>,
) {
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.head_timeout).max_buf_size(HEAD_BYTES_MAX);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write_timeout));
    let stream = TokioIo::new(Box::pin(stream));
    let service = router.map_request(move |mut request: Request<_>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    });
    let mut connection = pin!(builder.serve_connection(stream, TowerToHyperService::new(service)));
    let stop = async { drop(stopping.wait_for(|is_stopping| *is_stopping).await) };
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = stop => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        // The client left, was too slow or sent malformed HTTP.
        tracing::debug!("a connection failed: {error}");
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Responses are written whole, so waiting to fill packets would only add latency.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!("cannot set TCP_NODELAY: {error}");
                }
                return (stream, peer);
            }
            Err(error) => {
                tracing::warn!("cannot accept a connection: {error}");
                tokio::time::sleep(ACCEPT_RETRY_AFTER).await;
            }
        }
    }
}
