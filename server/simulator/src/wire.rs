//! The HTTP interface: SSM and Organizations (AWS JSON 1.1), SQS (AWS JSON 1.0), Quick Setup (REST with JSON), STS and IAM
//! (query protocol, XML) for unmodified AWS clients.
//! It translates requests and refuses invalid ones. The estate decides what is true of an instance.
//!
//! `dispatch` takes each request through `signature`, `sessions`, `fault` and `rate` to the service that responds:
//! `operations` (SSM), `created` (SSM in created accounts), `quick_setup`, `organizations`, `queue` (SQS), `iam` or `sts`. The operations read their input by `page` and
//! `context`.

pub mod calls;
mod context;
mod created;
mod dispatch;
mod epoch;
mod error;
pub mod fault;
mod iam;
mod operations;
mod organizations;
mod page;
mod queue;
mod quick_setup;
mod rate;
mod response;
mod service;
mod sessions;
mod signature;
mod state;
mod sts;

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{Router, routing::get, serve::ListenerExt};
use http::{StatusCode, header::CONTENT_TYPE};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::{created::CreatedAccount, estate::SharedEstate};
use calls::{Call, CallCount};
use fault::Fault;
pub use sessions::Credentials;
pub use state::HUB_ACCOUNT;
use state::{Shared, lock};

/// Where the keys of Google are that sign identity tokens.
pub const GOOGLE_KEYS_PATH: &str = "/oauth2/v3/certs";

/// How long open connections may take to finish when the simulator stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// A running simulator. It ends with [`Simulator::stop`], or with the runtime.
pub struct Simulator {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

impl Simulator {
    pub async fn start(estate: SharedEstate, listener: TcpListener) -> io::Result<Simulator> {
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(estate));
        let router = router(shared.clone());
        let (stop, stopped) = oneshot::channel::<()>();
        // Responses are small; waiting to fill a packet would only cost time.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let server = tokio::spawn(async move {
            let ended = axum::serve(listener, router).with_graceful_shutdown(async move { drop(stopped.await) }).await;
            if let Err(error) = ended {
                tracing::error!(%error, "the simulator's server ended");
            }
        });
        Ok(Simulator { shared, address, stop: Some(stop), server })
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same service without a socket, with its own log and faults.
    pub fn router(estate: SharedEstate) -> Router {
        router(Arc::new(Shared::new(estate)))
    }

    /// The credentials of the portal, the only identity that the roles trust.
    pub fn operator_credentials() -> Credentials {
        Credentials::hub()
    }

    /// The service at [`Simulator::url`], to be wrapped in layers.
    pub fn service(&self) -> Router {
        router(self.shared.clone())
    }

    pub fn estate(&self) -> SharedEstate {
        self.shared.estate.clone()
    }

    /// Every request so far, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.shared.calls).calls()
    }

    /// The number of requests by systems account, Region and operation.
    pub fn call_counts(&self) -> Vec<CallCount> {
        lock(&self.shared.calls).counts()
    }

    pub fn reset_calls(&self) {
        lock(&self.shared.calls).reset();
    }

    /// Adds a fault. The first one that matches a request applies.
    pub fn set_fault(&self, fault: Fault) {
        lock(&self.shared.faults).add(fault);
    }

    pub fn clear_faults(&self) {
        lock(&self.shared.faults).clear();
    }

    /// Throttles each (account, Region, operation) to this many calls per second. None removes the limit.
    pub fn set_rate_limit(&self, calls_per_second: Option<f64>) {
        lock(&self.shared.rate).set(calls_per_second);
    }

    /// Makes all sessions expire.
    pub fn expire_sessions(&self) {
        lock(&self.shared.sessions).expire_all();
    }

    /// The accounts that callers created, with all that is in them.
    pub fn created_accounts(&self) -> Vec<CreatedAccount> {
        lock(&self.shared.created).accounts.clone()
    }

    /// Changes what is in the created accounts, as somebody with a console would.
    pub fn change_created(&self, change: impl FnOnce(&mut Vec<CreatedAccount>)) {
        change(&mut lock(&self.shared.created).accounts);
    }

    /// Makes created accounts follow the wall clock, for callers that do.
    pub fn follow_wall_clock(&self) {
        self.shared.is_live.store(true, Ordering::Relaxed);
    }

    /// Serves these keys at [`GOOGLE_KEYS_PATH`].
    pub fn serve_google_keys(&self, jwks: &str) {
        *lock(&self.shared.google_jwks) = Some(jwks.to_owned());
    }

    /// The portal's own user, whom roles can trust.
    pub fn operator_arn() -> String {
        state::hub_user_arn()
    }

    /// The URL of the one queue, as a configuration names it.
    pub fn queue_url() -> String {
        queue::url()
    }

    /// Puts a message into the queue.
    pub fn send_message(&self, body: &str) {
        self.shared.queue.send(body);
    }

    /// Messages in the queue that were not deleted, received or not.
    pub fn queue_length(&self) -> usize {
        self.shared.queue.len()
    }

    pub async fn stop(mut self) {
        drop(self.stop.take());
        if tokio::time::timeout(STOP_TIMEOUT, &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

fn router(shared: Arc<Shared>) -> Router {
    let keys = shared.clone();
    let google_keys = move || async move {
        let jwks = lock(&keys.google_jwks).clone();
        jwks.map(|jwks| ([(CONTENT_TYPE, "application/json")], jwks)).ok_or(StatusCode::NOT_FOUND)
    };
    Router::new().route(GOOGLE_KEYS_PATH, get(google_keys)).fallback(dispatch::handle).with_state(shared)
}
