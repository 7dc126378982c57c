//! The HTTP face: SSM and Organizations (AWS JSON 1.1) and STS (query, XML), as the unmodified AWS clients speak them.
//!
//! It translates and refuses; what is true of a machine is the estate's business.

pub mod calls;
mod context;
mod dispatch;
mod epoch;
mod error;
pub mod fault;
mod operations;
mod organizations;
mod page;
mod places;
mod rate;
mod response;
mod service;
mod sessions;
mod signature;
mod sts;

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicU64},
    time::Duration,
};

use axum::{Router, serve::ListenerExt};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::estate::{SharedEstate, organization};
use calls::{Call, CallCount, CallLog};
use fault::{Fault, Faults};
use rate::RateLimit;
use sessions::Sessions;

/// A request body larger than this is not one of ours.
const BODY_BYTES_MAX: usize = 1 << 20;

/// Open connections get so long to finish when the simulator stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// The account of the portal itself, which manages the organization.
pub const HUB_ACCOUNT: &str = organization::MANAGEMENT_ACCOUNT;
const HUB_ACCESS_KEY_ID: &str = "AKIAMUSTERSIMULATOR1";
const HUB_SECRET_ACCESS_KEY: &str = "muster-simulator-operator-secret-key-000";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    pub access_key_id: String,
    pub secret_access_key: String,
}

/// What every request sees.
pub(crate) struct Shared {
    estate: SharedEstate,
    sessions: Mutex<Sessions>,
    faults: Mutex<Faults>,
    calls: Mutex<CallLog>,
    rate: Mutex<RateLimit>,
    /// Requests so far: their ids are made of it.
    serial: AtomicU64,
}

/// A poisoned lock only means that another request panicked; what it guards is still whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

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
        // Answers are small: waiting to fill a packet would only cost time.
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

    /// The same service without a socket, with a log and faults of its own.
    pub fn router(estate: SharedEstate) -> Router {
        router(Arc::new(Shared::new(estate)))
    }

    /// The portal's own identity, the only one that every role trusts.
    pub fn operator_credentials() -> Credentials {
        Credentials { access_key_id: HUB_ACCESS_KEY_ID.to_owned(), secret_access_key: HUB_SECRET_ACCESS_KEY.to_owned() }
    }

    /// What answers at [`Simulator::url`], for whoever puts something of their own in front of it.
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

    /// How many requests there were per systems account, Region and operation.
    pub fn call_counts(&self) -> Vec<CallCount> {
        lock(&self.shared.calls).counts()
    }

    pub fn reset_calls(&self) {
        lock(&self.shared.calls).reset();
    }

    /// Faults add up; the first that fits a request strikes.
    pub fn set_fault(&self, fault: Fault) {
        lock(&self.shared.faults).add(fault);
    }

    pub fn clear_faults(&self) {
        lock(&self.shared.faults).clear();
    }

    /// Throttles each (account, Region, operation) to so many calls a second; None lifts the limit.
    pub fn set_rate_limit(&self, calls_per_second: Option<f64>) {
        lock(&self.shared.rate).set(calls_per_second);
    }

    /// Forgets all sessions, as if they had expired.
    pub fn expire_sessions(&self) {
        lock(&self.shared.sessions).expire_all();
    }

    pub async fn stop(mut self) {
        drop(self.stop.take());
        if tokio::time::timeout(STOP_TIMEOUT, &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

impl Shared {
    fn new(estate: SharedEstate) -> Shared {
        Shared {
            estate,
            sessions: Mutex::default(),
            faults: Mutex::default(),
            calls: Mutex::default(),
            rate: Mutex::default(),
            serial: AtomicU64::new(0),
        }
    }
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(dispatch::handle).with_state(shared)
}
