//! A harvester, a store and a portal for one case.

use crate::{
    field::wire::Wire,
    support::world::{get, portal, source_of},
};
use axum::{Router, http::StatusCode};
use jiff::SignedDuration;
use muster_access::principal::Principal;
use muster_collect::{client::Connector, rate_limit::RateLimits};
use muster_core::{
    clock::FixedClock,
    roster::{Entry, check},
};
use muster_harvest::{
    organization::Organization,
    progress::NoProgress,
    report::RoundReport,
    round::{Harvester, RoundOptions},
};
use muster_reports::{ReportSource, ScopedReports};
use muster_store::connection::Store;
use serde_json::Value;
use std::{path::Path, sync::Arc};

const ROLE_NAME: &str = "muster-harvest";
/// The first round of cases without absolute times.
const FIRST_ROUND_AT: &str = "2026-11-20T12:00:00Z";

pub struct Case {
    pub harvester: Harvester,
    pub clock: Arc<FixedClock>,
    pub wire: Wire,
    _folder: tempfile::TempDir,
}

impl Case {
    /// Opens a case of the folder `cases`, before its first round.
    pub async fn open(name: &str) -> Self {
        Self::of(read(name)).await
    }

    /// Opens a case that a test generated, before its first round.
    pub async fn of(case: Value) -> Self {
        let first = FIRST_ROUND_AT.parse().expect("a time");
        let wire = Wire::start(case.clone(), first).await;
        let clock = Arc::new(FixedClock::at(wire.now()));
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("test.duckdb")).expect("a store");
        let connector = Connector::to_endpoint(wire.url(), "AKIAFIELD", "secret", RateLimits::unlimited()).await;
        let by_organization = case.get("organization").is_some();
        let accounts = if by_organization { Vec::new() } else { check(roster(&case)).expect("a good roster") };
        let mut harvester = Harvester::new(connector, store, accounts, clock.clone());
        harvester.organization = by_organization.then(|| Organization::new(ROLE_NAME.to_owned()));
        harvester.reference_data_interval = SignedDuration::ZERO;
        Self { harvester, clock, wire, _folder: folder }
    }

    /// Opens a case and harvests all of its rounds.
    pub async fn harvested(name: &str) -> Self {
        let case = Self::open(name).await;
        case.harvest().await;
        while case.next_round() {
            case.harvest().await;
        }
        case
    }

    /// Sets the Region of the process itself.
    pub fn in_region(&mut self, region: &str) {
        let connector = Connector::to_endpoint(self.wire.url(), "AKIAFIELD", "secret", RateLimits::unlimited());
        let connector = futures::executor::block_on(connector);
        self.harvester.connector = Arc::new(connector.in_region(region));
    }

    pub async fn harvest(&self) -> RoundReport {
        self.harvester.round(&RoundOptions::default(), &NoProgress).await.expect("a working store")
    }

    /// Moves answers and clock to the next round. Returns whether there is one.
    pub fn next_round(&self) -> bool {
        let moved = self.wire.next_round();
        self.clock.set(self.wire.now());
        moved
    }

    pub fn source(&self) -> ReportSource {
        source_of(self.harvester.store.clone(), self.clock.clone())
    }

    pub fn reports(&self) -> ScopedReports {
        self.source().for_scope(Principal::local().scope())
    }

    /// The portal as an operator sees it.
    pub fn router(&self) -> Router {
        portal(&self.source(), Principal::local().identity)
    }

    /// A page, as HTML.
    pub async fn page(&self, path: &str) -> String {
        let (status, body) = get(self.router(), path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    /// An answer of the API, for example of `/api/v1/instances`.
    pub async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.page(path).await).expect("JSON")
    }

    /// The rows of a list of the API.
    pub async fn rows(&self, path: &str) -> Vec<Value> {
        self.json(path).await["rows"].as_array().expect("rows").clone()
    }

    /// The only row of a list of the API.
    pub async fn row(&self, path: &str) -> Value {
        let mut rows = self.rows(path).await;
        assert_eq!(rows.len(), 1, "{path}: {rows:#?}");
        rows.remove(0)
    }
}

/// The text of a case.
pub fn read(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/field/cases/{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}

/// The names of all cases.
pub fn names() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/field/cases");
    let files = std::fs::read_dir(folder).expect("the cases");
    let mut names: Vec<_> = files
        .map(|file| file.expect("a file").path().file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The roster of a case: one customer, and each account with the case's Regions.
pub fn roster(case: &Value) -> Vec<Entry> {
    let regions = case["roster"]["regions"].as_array().into_iter().flatten();
    let regions: Vec<String> = regions.filter_map(Value::as_str).map(str::to_owned).collect();
    let accounts = case["accounts"].as_object().expect("accounts");
    let entry = |systems_account: &String| Entry {
        provider: "aws".to_owned(),
        account_id: systems_account.clone(),
        account_name: format!("Account {systems_account}"),
        customer_id: "c-1".to_owned(),
        customer_name: "Customer 1".to_owned(),
        systems_account: systems_account.clone(),
        role_arn: format!("arn:aws:iam::{systems_account}:role/{ROLE_NAME}"),
        external_id: format!("ext-{systems_account}"),
        regions: regions.clone(),
        enrollment: None,
    };
    accounts.keys().map(entry).collect()
}

/// Every case can be read, and a round of it harvests every account except the ones with faults.
#[tokio::test(flavor = "multi_thread")]
async fn every_case_is_harvested() {
    for name in names() {
        let case = read(&name);
        let has_faults =
            case["accounts"].as_object().expect("accounts").values().any(|it| it.get("ssm_fault").is_some());
        if check(roster(&case)).is_err() || has_faults {
            continue;
        }
        let case = Case::of(case).await;
        loop {
            let round = case.harvest().await;
            assert_eq!((round.failed, round.partial), (0, 0), "{name}: {:?}", case.wire.requests());
            if !case.next_round() {
                break;
            }
        }
    }
}
