//! Takes connections and answers on them. axum's own loop lets a client take for ever to send a request's first lines,
//! or to take an answer; here both have a bound, and so has the number of connections.

use super::impatient::Impatient;
use axum::{Router, extract::connect_info::IntoMakeServiceWithConnectInfo};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};
use tower::{Service, ServiceExt};

/// Connections at the same time; a browser has up to six. Beyond it new ones wait with the kernel.
const CONNECTIONS_MAX: usize = 4_096;
/// A request's first line and headers together, in bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// How long they may take to arrive, and how long a connection stays open between two requests.
const HEAD_TIME_MAX: Duration = Duration::from_secs(15);
/// How long a client may take nothing of an answer.
const TAKE_TIME_MAX: Duration = Duration::from_secs(60);
/// Requests under way get so long when the portal is told to stop.
const STOP_TIME_MAX: Duration = Duration::from_secs(30);
/// The kernel has no more to give: a moment later it may.
const REFUSED_PAUSE: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    pub connections: usize,
    pub head_time: Duration,
    pub take_time: Duration,
    pub stop_time: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            connections: CONNECTIONS_MAX,
            head_time: HEAD_TIME_MAX,
            take_time: TAKE_TIME_MAX,
            stop_time: STOP_TIME_MAX,
        }
    }
}

/// Answers until `stop` is over, and then finishes what is under way.
pub async fn answer(listener: TcpListener, router: Router, limits: ConnectionLimits, stop: impl Future<Output = ()>) {
    let mut services = router.into_make_service_with_connect_info::<SocketAddr>();
    let places = Arc::new(Semaphore::new(limits.connections));
    let (stopping, told_to_stop) = watch::channel(false);
    let mut stop = pin!(stop);
    loop {
        let next = async {
            let place = places.clone().acquire_owned().await.ok()?;
            Some((place, accept(&listener).await))
        };
        let (place, (stream, peer)) = tokio::select! {
            () = &mut stop => break,
            next = next => match next {
                Some(next) => next,
                None => break,
            },
        };
        let Ok(service) = service_of(&mut services, peer).await;
        let told_to_stop = told_to_stop.clone();
        tokio::spawn(async move {
            converse(stream, service, limits, told_to_stop).await;
            drop(place);
        });
    }
    drop((listener, told_to_stop));
    stopping.send_replace(true);
    if tokio::time::timeout(limits.stop_time, stopping.closed()).await.is_err() {
        tracing::warn!("connections were cut off: they took longer than {} s to end", limits.stop_time.as_secs());
    }
}

type PeerService = <IntoMakeServiceWithConnectInfo<Router, SocketAddr> as Service<SocketAddr>>::Response;

/// The portal for one connection: every request on it knows whose it is.
async fn service_of(
    services: &mut IntoMakeServiceWithConnectInfo<Router, SocketAddr>,
    peer: SocketAddr,
) -> Result<PeerService, Infallible> {
    ServiceExt::<SocketAddr>::ready(services).await?.call(peer).await
}

async fn converse(
    stream: TcpStream,
    service: PeerService,
    limits: ConnectionLimits,
    mut told_to_stop: watch::Receiver<bool>,
) {
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.head_time).max_buf_size(HEAD_BYTES_MAX);
    let service = TowerToHyperService::new(service);
    let mut connection =
        pin!(builder.serve_connection(TokioIo::new(Impatient::new(stream, limits.take_time)), service));
    let stop = async { drop(told_to_stop.wait_for(|told| *told).await) };
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // A client that left, was too slow or spoke no HTTP.
        tracing::debug!("a connection ended: {error}");
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are whole when they are sent: waiting to fill a packet would only cost time.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!("a connection keeps its delay: {error}");
                }
                return (stream, peer);
            }
            Err(error) => {
                tracing::warn!("cannot take a connection: {error}");
                tokio::time::sleep(REFUSED_PAUSE).await;
            }
        }
    }
}
