//! A simulated estate, a harvester and a store in a file, for one test or shared by tests that only read.

use crate::store::integrity::figure;
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, HeaderValue, Request, StatusCode, header::COOKIE},
    middleware::map_request,
};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use muster_access::{
    assignments::Assignments,
    principal::{Identity, Principal, Role},
    public_url::PublicUrl,
};
use muster_audit::Audit;
use muster_core::schedule::Schedule;
use muster_core::{
    clock::{Clock, FixedClock, SharedClock, SystemClock},
    roster::Account,
};
use muster_harvest::{
    progress::NoProgress,
    report::RoundReport,
    round::{Harvester, RoundOptions, targets_of},
};
use muster_metrics::Limits;
use muster_model::{
    filter::HarvestFilter,
    harvest::{ErrorClass, HarvestRow},
    ids::AccountId,
    ports::Reports,
};
use muster_reports::{ReportSource, ScopedReports};
use muster_server::command::simulate;
use muster_simulator::{Estate, EstateSpec, GeneratedSpec, SharedEstate, Simulator};
use muster_store::{connection::Store, error::StoreError};
use muster_web::{router::router, sign_in::SignIn, state::ServerState};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};
use tokio::net::TcpListener;
use tower::ServiceExt;

pub struct World {
    pub estate: SharedEstate,
    pub simulator: Simulator,
    pub harvester: Harvester,
    pub clock: Arc<FixedClock>,
    _folder: tempfile::TempDir,
}

/// The `small` estate with its whole history harvested, for tests that only read.
pub struct Harvested {
    pub estate: Estate,
    pub source: ReportSource,
    _folder: tempfile::TempDir,
}

impl World {
    pub async fn new(spec: &EstateSpec) -> Self {
        Self::of(Estate::new(spec)).await
    }

    pub async fn of(estate: Estate) -> Self {
        let clock = Arc::new(FixedClock::at(estate.now()));
        let estate = estate.shared();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let simulator = Simulator::start(estate.clone(), listener).await.expect("a simulator");
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("test.duckdb")).expect("a store");
        let harvester = Harvester {
            concurrency: 4,
            reference_data_interval: SignedDuration::ZERO,
            ..simulate::harvester(&estate, &simulator, store, clock.clone()).await.expect("a good roster")
        };
        Self { estate, simulator, harvester, clock, _folder: folder }
    }

    pub async fn small() -> Self {
        Self::new(&EstateSpec::named("small").expect("the small estate")).await
    }

    /// A generated estate. `instances` is per account, `updates` per instance.
    pub async fn generated(accounts: usize, instances: usize, updates: usize) -> Self {
        let (seed, instances_per_account, updates_per_instance) = (1, instances, updates);
        Self::of(Estate::generated(&GeneratedSpec { seed, accounts, instances_per_account, updates_per_instance }))
            .await
    }

    pub async fn harvest(&self) -> RoundReport {
        self.harvester.round(&RoundOptions::default(), &NoProgress).await.expect("a working store")
    }

    /// Moves the estate and the clock to the next day.
    pub fn next_day(&self) {
        let mut estate = self.estate.write().expect("the estate");
        estate.next_day();
        self.clock.set(estate.now());
    }

    pub fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn is_at_last_day(&self) -> bool {
        self.estate.read().expect("the estate").is_at_last_day()
    }

    /// Moves to the last day without harvesting on the way.
    pub fn skip_to_last_day(&self) {
        while !self.is_at_last_day() {
            self.next_day();
        }
    }

    /// An account of the roster.
    pub fn account(&self, index: usize) -> &Account {
        &self.harvester.accounts[index]
    }

    /// The rows of the harvest page, one for each account and Region.
    pub async fn harvests(&self) -> Vec<HarvestRow> {
        let reports = self.source().for_scope(Principal::local().scope());
        reports.harvest(HarvestFilter::default()).await.expect("the harvest page").rows
    }

    pub async fn harvest_of(&self, account: &Account) -> HarvestRow {
        let mut rows = self.harvests().await.into_iter();
        rows.find(|row| row.account_id == account.account_id).expect("its row")
    }

    /// The errors of an account's last harvest: operations and classes, each once.
    pub async fn errors_of(&self, account: &Account) -> Vec<(String, ErrorClass)> {
        let errors = self.harvest_of(account).await.errors.into_iter();
        let mut errors: Vec<_> = errors.map(|error| (error.operation, error.class)).collect();
        errors.dedup();
        errors
    }

    /// Drops all sessions, so that the next harvest assumes every role again.
    pub fn forget_sessions(&self) {
        for target in self.harvester.accounts.iter().flat_map(targets_of) {
            self.harvester.connector.forget(&target);
        }
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        figure(&self.harvester.store, sql).await
    }

    /// Every stored row of an account's instances, updates, tags and software, as text.
    pub async fn rows_of(&self, account: &AccountId) -> Vec<String> {
        const ROWS: &str = "
            WITH of_account AS (FROM instance WHERE account_id = $1)
            SELECT 'instance ' || of_account::VARCHAR FROM of_account
            UNION ALL SELECT 'update ' || u::VARCHAR FROM instance_update u SEMI JOIN of_account USING (instance_key)
            UNION ALL SELECT 'tag ' || t::VARCHAR FROM tag t SEMI JOIN of_account USING (instance_key)
            UNION ALL SELECT 'software ' || s::VARCHAR FROM software s SEMI JOIN of_account USING (instance_key)
            ORDER BY 1";
        let account = account.to_string();
        let rows = self.harvester.store.read("an account's rows", move |connection| {
            let read =
                || connection.prepare(ROWS)?.query_map([&account], |row| row.get(0))?.collect::<duckdb::Result<_>>();
            read().map_err(StoreError::read("an account's rows"))
        });
        rows.await.expect("rows")
    }

    /// Requests of an operation for a systems account since the log was last reset.
    pub fn calls(&self, account: &Account, operation: &str) -> usize {
        let calls = self.simulator.calls();
        let of_account = calls.iter().filter(|call| call.systems_account == account.systems_account);
        of_account.filter(|call| call.operation == operation).count()
    }

    pub fn router(&self) -> Router {
        portal(&self.source(), Principal::local().identity)
    }

    pub fn source(&self) -> ReportSource {
        source_of(self.harvester.store.clone(), self.clock.clone())
    }
}

/// What a portal reads, with the default limits.
pub fn source_of(store: Store, clock: SharedClock) -> ReportSource {
    ReportSource { store, limits: Limits::default(), clock, schedule: Arc::new(Schedule::default()) }
}

/// The harvested world that tests of this binary share.
pub fn harvested() -> &'static Harvested {
    static HARVESTED: OnceLock<Harvested> = OnceLock::new();
    HARVESTED.get_or_init(|| {
        let thread = std::thread::spawn(|| {
            tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime").block_on(async {
                let world = World::small().await;
                loop {
                    world.harvest().await;
                    if world.is_at_last_day() {
                        break;
                    }
                    world.next_day();
                }
                let (source, estate) = (world.source(), world.estate.read().expect("the estate").clone());
                Harvested { estate, source, _folder: world._folder }
            })
        });
        thread.join().expect("a harvested world")
    })
}

impl Harvested {
    pub fn router(&self) -> Router {
        portal(&self.source, Principal::local().identity)
    }

    pub fn reports(&self, principal: &Principal) -> ScopedReports {
        self.source.for_scope(principal.scope())
    }
}

/// The state of a portal without sessions.
pub fn state(source: &ReportSource) -> ServerState {
    state_with(source, Assignments::default(), source.clock.clone())
}

/// The same, with account managers assigned to customers, and a separate clock for sessions.
pub fn state_with(source: &ReportSource, assignments: Assignments, clock: SharedClock) -> ServerState {
    let public_url = PublicUrl::try_from("https://vmm.example".to_owned()).expect("an origin");
    let sign_in = SignIn::new(public_url, assignments, clock);
    state_of(source, sign_in)
}

/// The state of a portal with this sign-in.
pub fn state_of(source: &ReportSource, sign_in: SignIn) -> ServerState {
    // Pages refer to scripts that no test here runs.
    ServerState::new(source.clone(), PathBuf::from("no-site"), "/learn-more", sign_in, audit())
}

/// The audit log of all portals of this test binary, except in tests of the audit log.
pub fn audit() -> Audit {
    static AUDIT: OnceLock<Audit> = OnceLock::new();
    let open = || {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("audit-{}", std::process::id()));
        Audit::open(&folder, Arc::new(SystemClock)).expect("an audit")
    };
    AUDIT.get_or_init(open).clone()
}

/// The portal as seen by a signed-in browser.
pub fn portal(source: &ReportSource, identity: Identity) -> Router {
    let state = state(source);
    let cookie = cookie_of(&state, identity);
    router(state).layer(map_request(move |mut request: Request<Body>| {
        request.headers_mut().insert(COOKIE, cookie.clone());
        std::future::ready(request)
    }))
}

/// Creates a session. Returns its cookie as a browser sends it.
pub fn cookie_of(state: &ServerState, identity: Identity) -> HeaderValue {
    let set = state.sign_in.get().start(&HeaderMap::new(), identity).expect("a session");
    let pair = set.to_str().expect("text").split(';').next().expect("a pair");
    HeaderValue::from_str(pair).expect("a cookie")
}

/// A person of one customer.
pub fn customer(customer_id: &str) -> Principal {
    let role = Role::Customer { customers: BTreeSet::from([customer_id.to_owned()]) };
    let identity =
        Identity { issuer: "test".into(), subject: customer_id.into(), name: format!("of {customer_id}"), role };
    Principal::new(identity, BTreeSet::new())
}

/// Sends a GET to a router.
pub async fn get(router: Router, path: &str) -> (StatusCode, String) {
    let (status, body) = get_bytes(router, path).await;
    (status, String::from_utf8(body).expect("UTF-8"))
}

pub async fn get_bytes(router: Router, path: &str) -> (StatusCode, Vec<u8>) {
    let request = Request::get(path).body(Body::empty()).expect("a request");
    let response = router.oneshot(request).await.expect("an answer");
    let status = response.status();
    (status, response.into_body().collect().await.expect("a body").to_bytes().to_vec())
}

/// The address of the JSON of a page's list.
pub fn api_of(page: &str) -> String {
    format!("/api/v1{}", page.replacen("/updates/list", "/updates", 1))
}

pub async fn get_json(path: &str) -> serde_json::Value {
    let (status, body) = get(harvested().router(), path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    serde_json::from_str(&body).expect("JSON")
}
