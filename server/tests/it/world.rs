//! A simulated estate, a store in a file, and everything between, for one test or for all that only read.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use http_body_util::BodyExt;
use jiff::SignedDuration;
use muster_server::{
    access::principal::Principal,
    clock::FixedClock,
    command::simulate,
    figures::Limits,
    harvest::{
        progress::Unwatched,
        report::RoundReport,
        round::{Harvester, RoundOptions},
        schedule::Schedule,
    },
    query::reports::{ReportSource, ScopedReports},
    serve::{router::router, state::ServerState},
    store::connection::Store,
};
use muster_simulator::{Estate, EstateSpec, SharedEstate, Simulator};
use std::{
    path::PathBuf,
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
            slow_cycle: SignedDuration::ZERO,
            ..simulate::harvester(&estate, &simulator, store, clock.clone()).await.expect("a good roster")
        };
        Self { estate, simulator, harvester, clock, _folder: folder }
    }

    pub async fn small() -> Self {
        Self::new(&EstateSpec::named("small").expect("the small estate")).await
    }

    pub async fn harvest(&self) -> RoundReport {
        self.harvester.round(&RoundOptions::default(), &Unwatched).await.expect("a working store")
    }

    /// Moves the estate and the clock to the next day.
    pub fn next_day(&self) {
        let mut estate = self.estate.write().expect("the estate");
        estate.next_day();
        self.clock.set(estate.now());
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

    pub fn source(&self) -> ReportSource {
        ReportSource {
            store: self.harvester.store.clone(),
            limits: Limits::default(),
            clock: self.clock.clone(),
            schedule: Arc::new(Schedule::default()),
        }
    }
}

/// The one harvested world of this test binary.
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
        // Pages name scripts that no test here runs.
        router(ServerState::new(self.source.clone(), PathBuf::from("no-site"), "/learn-more"))
    }

    pub fn reports(&self, principal: &Principal) -> ScopedReports {
        self.source.for_scope(principal.scope())
    }
}

/// The answer of a router to a GET.
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

pub async fn get_json(path: &str) -> serde_json::Value {
    let (status, body) = get(harvested().router(), path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    serde_json::from_str(&body).expect("JSON")
}
