//! Accepts and serves connections, with TLS if there is a certificate. Unlike axum's own loop it bounds the number of connections,
//! the time for the TLS handshake and for a request's head, and the time in which a client must read some of the response.

use axum::{Router, extract::ConnectInfo, http::Request};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

/// A request's first line and headers together.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// The pause after a failed accept, for example when no file descriptors are left.
const ACCEPT_RETRY_AFTER: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// Concurrent connections; a browser opens up to six. Further ones wait in the kernel's queue.
    pub connections_max: usize,
    /// The time for a TLS handshake, and for a request's head to arrive, which also closes idle connections.
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

/// Serves until `shutdown` resolves, then waits for running requests. Without a certificate it serves plain HTTP, for a proxy in
/// front or for loopback.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    tls: Option<TlsAcceptor>,
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
        let (router, tls, stopping) = (router.clone(), tls.clone(), stopping.clone());
        tokio::spawn(async move {
            if let Some(stream) = secure(stream, tls, limits).await {
                serve_connection(stream, peer, router, limits, stopping).await;
            }
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

/// A connection, with TLS or without.
trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// Bounds the time of writes, and does the TLS handshake if there is one.
async fn secure(stream: TcpStream, tls: Option<TlsAcceptor>, limits: ConnectionLimits) -> Option<Box<dyn Connection>> {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write_timeout));
    let stream = Box::pin(stream);
    let Some(acceptor) = tls else { return Some(Box::new(stream)) };
    match tokio::time::timeout(limits.head_timeout, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => Some(Box::new(stream)),
        Ok(Err(error)) => {
            tracing::debug!("a TLS handshake failed: {error}");
            None
        }
        Err(_) => {
            tracing::debug!("a TLS handshake took too long");
            None
        }
    }
}

async fn serve_connection(
    stream: Box<dyn Connection>,
    peer: SocketAddr,
    router: Router,
    limits: ConnectionLimits,
    mut stopping: watch::Receiver<bool>,
) {
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.head_timeout).max_buf_size(HEAD_BYTES_MAX);
    let stream = TokioIo::new(stream);
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
