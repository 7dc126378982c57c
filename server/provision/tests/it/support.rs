//! A simulated AWS, a provisioner on it, and a point at which it can be interrupted.

use axum::{body::to_bytes, extract::Request, middleware::Next, response::Response};
use jiff::{SignedDuration, Timestamp};
use muster_collect::{client::Connector, rate_limit::RateLimits};
use muster_core::clock::FixedClock;
use muster_provision::{
    AccountRequest, AccountState, Creation, Ledger, MemoryLedger, ProvisionError, Provisioner, Ready, Settings,
};
use muster_simulator::{
    Estate, EstateSpec, Simulator,
    created::{CreatedAccount, Resource},
};
use std::{
    collections::BTreeSet,
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{net::TcpListener, sync::Notify};

pub const REGION: &str = "us-east-1";
/// The administrator's role in new accounts.
pub const ADMIN_ROLE: &str = "OrganizationAccountAccessRole";
/// Fewer resources, so that a test can be interrupted at each request.
pub const SMALL: &str = "operating_systems = [\"windows\", \"ubuntu\"]\n";

pub struct World {
    pub simulator: Simulator,
    pub clock: Arc<FixedClock>,
    pub provisioner: Provisioner<MemoryLedger>,
    /// Where requests can be interrupted.
    pub url: String,
    interruption: Arc<Interruption>,
}

/// Stops answering at one request: before AWS sees it, or after AWS has carried it out.
#[derive(Default)]
struct Interruption {
    requests: AtomicUsize,
    /// The number of the request, from 1. 0 for none.
    at: AtomicUsize,
    is_after: std::sync::atomic::AtomicBool,
    reached: Notify,
    /// Lets the request continue, where a test does not drop the work.
    resume: Notify,
    /// The bodies of the requests for sessions.
    sessions: Mutex<Vec<String>>,
}

impl World {
    pub async fn new() -> World {
        World::with(Settings::default()).await
    }

    pub async fn small() -> World {
        World::with(Settings::parse(SMALL).expect("settings")).await
    }

    pub async fn with(settings: Settings) -> World {
        World::with_admin_role(settings, ADMIN_ROLE).await
    }

    pub async fn with_admin_role(settings: Settings, admin_role: &str) -> World {
        let estate = Estate::new(&EstateSpec::named("empty").expect("a known name")).shared();
        let clock = Arc::new(FixedClock::at(estate.read().expect("a lock").now()));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let simulator = Simulator::start(estate, listener).await.expect("a start");
        let interruption = Arc::new(Interruption::default());
        let url = serve(&simulator, interruption.clone()).await;
        let creation = Creation { admin_role: admin_role.to_owned(), ..creation() };
        let provisioner = provisioner(&url, settings, creation, MemoryLedger::default(), clock.clone()).await;
        World { simulator, clock, provisioner, url, interruption }
    }

    pub async fn provision(&self, holder: &str) -> Result<Ready, ProvisionError> {
        self.provisioner.provision(&request(), holder).await
    }

    pub fn state(&self) -> AccountState {
        self.provisioner.ledger().state(&request().key()).expect("a state")
    }

    /// The one account that was created.
    pub fn account(&self) -> CreatedAccount {
        let mut accounts = self.simulator.created_accounts();
        assert_eq!(accounts.len(), 1, "one account");
        accounts.remove(0)
    }

    /// The number of requests of operations that change something.
    pub fn writes(&self) -> usize {
        let is_read =
            |name: &str| ["Describe", "Get", "List", "AssumeRole"].iter().any(|start| name.starts_with(start));
        self.simulator
            .call_counts()
            .iter()
            .filter(|call| !is_read(&call.operation))
            .map(|call| call.count as usize)
            .sum()
    }

    /// The body of the last request for a session, decoded.
    pub fn last_session(&self) -> Vec<(String, String)> {
        let sessions = self.interruption.sessions.lock().expect("a lock");
        form_urlencoded::parse(sessions.last().expect("a session").as_bytes()).into_owned().collect()
    }

    pub fn requests(&self) -> usize {
        self.interruption.requests.load(Ordering::SeqCst)
    }

    /// Runs work and drops it at a request. Returns its output if it ended before that.
    pub async fn interrupt<T>(&self, at: usize, is_after: bool, work: impl Future<Output = T>) -> Option<T> {
        self.interruption.requests.store(0, Ordering::SeqCst);
        self.interruption.is_after.store(is_after, Ordering::SeqCst);
        self.interruption.at.store(at, Ordering::SeqCst);
        let output = tokio::select! {
            output = work => Some(output),
            () = self.interruption.reached.notified() => None,
        };
        self.interruption.at.store(0, Ordering::SeqCst);
        output
    }

    /// Runs work, holds the reply to a request back while other work runs, and then lets it continue.
    pub async fn stall<T>(&self, at: usize, work: impl Future<Output = T>, meanwhile: impl Future<Output = ()>) -> T {
        self.interruption.requests.store(0, Ordering::SeqCst);
        self.interruption.is_after.store(true, Ordering::SeqCst);
        self.interruption.at.store(at, Ordering::SeqCst);
        let mut work = std::pin::pin!(work);
        tokio::select! {
            _ = &mut work => panic!("it ended before request {at}"),
            () = self.interruption.reached.notified() => {}
        }
        self.interruption.at.store(0, Ordering::SeqCst);
        meanwhile.await;
        self.interruption.resume.notify_one();
        work.await
    }

    /// Lets time pass, for the leases and for AWS.
    pub fn pass(&self, duration: SignedDuration) {
        let estate = self.simulator.estate();
        let mut estate = estate.write().expect("a lock");
        let until = estate.now() + duration;
        while estate.now() < until {
            estate.change(0.0);
        }
        self.clock.set(estate.now());
    }

    pub fn now(&self) -> Timestamp {
        self.simulator.estate().read().expect("a lock").now()
    }
}

pub fn creation() -> Creation {
    Creation {
        harvester: Simulator::operator_arn(),
        email: "aws+{account}@example.com".to_owned(),
        admin_role: ADMIN_ROLE.to_owned(),
    }
}

/// A provisioner on a simulated AWS.
pub async fn provisioner<L: Ledger>(
    url: &str,
    settings: Settings,
    creation: Creation,
    ledger: L,
    clock: Arc<FixedClock>,
) -> Provisioner<L> {
    let keys = Simulator::operator_credentials();
    let connector =
        Connector::to_endpoint(url, &keys.access_key_id, &keys.secret_access_key, RateLimits::unlimited()).await;
    Provisioner::new(connector, settings, creation, ledger, clock).with_poll_interval(Duration::from_millis(1))
}

/// Serves the simulator behind the interruption.
async fn serve(simulator: &Simulator, interruption: Arc<Interruption>) -> String {
    let intercept = move |request: Request, next: Next| {
        let interruption = interruption.clone();
        async move { interruption.pass(request, next).await }
    };
    let router = simulator.service().layer(axum::middleware::from_fn(intercept));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

impl Interruption {
    async fn pass(&self, request: Request, next: Next) -> Response {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a body");
        if let Ok(text) = std::str::from_utf8(&body)
            && text.contains("Action=AssumeRole")
        {
            self.sessions.lock().expect("a lock").push(text.to_owned());
        }
        let request = Request::from_parts(parts, body.into());
        let number = self.requests.fetch_add(1, Ordering::SeqCst) + 1;
        if number != self.at.load(Ordering::SeqCst) {
            return next.run(request).await;
        }
        if self.is_after.load(Ordering::SeqCst) {
            let response = next.run(request).await;
            self.reached.notify_one();
            self.resume.notified().await;
            return response;
        }
        self.reached.notify_one();
        self.resume.notified().await;
        next.run(request).await
    }
}

pub fn request() -> AccountRequest {
    AccountRequest {
        provider: "azure".to_owned(),
        account_id: "9a3f1c52-0b7e-4d1f-8e66-2f4f0a9d7c11".parse().expect("an id"),
        account_name: "Halloran & Pike production".to_owned(),
        customer_id: "c-1001".to_owned(),
        customer_name: "Halloran & Pike".to_owned(),
        regions: vec![REGION.to_owned()],
        existing: None,
    }
}

/// Holds that there is one of everything.
pub fn assert_single(world: &World, what: &str) {
    let account = world.account();
    let site = &account.regions[REGION];
    let names = |bodies: &[Resource], key: &str| {
        let names: Vec<String> =
            bodies.iter().map(|one| format!("{}{}", one.body["WindowId"], one.body[key])).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{what}: {names:?}");
        names.len()
    };
    assert_eq!(names(&site.baselines, "Name"), 6, "{what}");
    assert_eq!(site.groups.len(), 6, "{what}");
    assert_eq!(site.defaults.len(), 2, "{what}");
    assert_eq!(names(&site.windows, "Name"), 3, "{what}");
    assert_eq!(names(&site.window_targets, "Name"), 3, "{what}");
    assert_eq!(names(&site.window_tasks, "Name"), 3, "{what}");
    assert_eq!(names(&site.associations, "AssociationName"), 3, "{what}");
    assert_eq!(account.roles.len(), 2, "{what}");
    assert!(account.roles.values().all(|role| role.policies.len() == 1), "{what}");
}
