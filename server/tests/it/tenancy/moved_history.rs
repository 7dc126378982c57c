//! An account with a past that goes to another customer: whoever gets it sees what happened since, and of before nothing
//! but how its machines are. In each thing that reaches back: transitions, runs, changes, trends, times to patch, machines
//! that are gone; as a page's figure, JSON and CSV.

use crate::support::{
    visitor::{Visitor, no_hurry, state_behind_proxy},
    world::{World, cookie_of, get, state_with},
};
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header::COOKIE},
    middleware::map_request,
};
use jiff::{Timestamp, ToSpan, civil::Date};
use muster_access::{
    assignments::Assignments,
    principal::{Identity, Principal, Role},
    public_url::PublicUrl,
};
use muster_metrics::Limits;
use muster_model::{filter::InstanceFilter, ports::Reports};
use muster_reports::ReportSource;
use muster_simulator::EstateSpec;
use muster_verify::{Extent, verify};
use muster_web::{router::router, sign_in::SignIn};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

/// Days that are harvested before the account goes to somebody else, and after.
const DAYS_BEFORE: usize = 25;
const DAYS_AFTER: usize = 5;
const OLD: &str = "c-2001";
const NEW: &str = "c-new";
/// Nobody has such a machine.
const UNKNOWN: &str = "i-0123456789abcdef0";
/// The account that moves; its former owner has another one.
const ACCOUNT: &str = "703918462255";

struct Moved {
    source: ReportSource,
    first_day: Date,
    moved_at: Timestamp,
    /// What the former owner saw of each machine at the end of the last day, by the list's address.
    before: BTreeMap<String, Vec<Value>>,
    /// Machines that were gone by then.
    gone: Vec<String>,
    /// Kept for its files.
    _world: World,
}

impl Moved {
    /// The last whole day of the former owner.
    fn last_day(&self) -> Date {
        muster_store::value::day_of(self.moved_at) - 1.day()
    }
}

fn identity(subject: &str, role: Role) -> Identity {
    Identity { issuer: "test".into(), subject: subject.into(), name: subject.into(), role }
}

fn of_customers(customers: &[&str]) -> Identity {
    identity(customers[0], Role::Customer { customers: customers.iter().map(ToString::to_string).collect() })
}

/// The portal as somebody sees it.
fn portal(source: &ReportSource, identity: Identity) -> Router {
    let state = state_with(source, Assignments::default(), source.clock.clone());
    let cookie = cookie_of(&state, identity);
    router(state).layer(map_request(move |mut request: Request<Body>| {
        request.headers_mut().insert(COOKIE, cookie.clone());
        std::future::ready(request)
    }))
}

async fn json(portal: &Router, path: &str) -> Value {
    let (status, body) = get(portal.clone(), path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    serde_json::from_str(&body).expect("JSON")
}

async fn rows(portal: &Router, path: &str) -> Vec<Value> {
    let page = json(portal, path).await;
    let rows = page["rows"].as_array().expect("rows").clone();
    assert!(page["total"].is_null() || page["total"].as_u64() == Some(rows.len() as u64), "{path} has more pages");
    rows
}

fn at(row: &Value, column: &str) -> Timestamp {
    row[column].as_str().unwrap_or_else(|| panic!("no {column}: {row}")).parse().expect("a time")
}

/// The lists of a machine that look back.
fn lists_of(id: &str) -> [String; 2] {
    ["history", "runs"].map(|list| format!("/api/v1/instances/{id}/{list}?per_page=500"))
}

fn moved() -> &'static Moved {
    static MOVED: OnceLock<Moved> = OnceLock::new();
    MOVED.get_or_init(|| {
        let thread = std::thread::spawn(|| {
            tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime").block_on(lived())
        });
        thread.join().expect("a world")
    })
}

async fn lived() -> Moved {
    let mut spec = EstateSpec::named("small").expect("the small estate");
    // So many that some are gone before the account moves.
    spec.customers[0].accounts[0].retired = 4;
    let mut world = World::new(&spec).await;
    let first_day = world.estate.read().expect("the estate").today();
    for day in 0..DAYS_BEFORE {
        world.harvest().await;
        if day + 1 < DAYS_BEFORE {
            world.next_day();
        }
    }
    let old = portal(&world.source(), of_customers(&[OLD]));
    let mut before = BTreeMap::new();
    let (mut ids, mut gone) = (BTreeSet::new(), Vec::new());
    for row in rows(&old, &format!("/api/v1/instances?account={ACCOUNT}")).await {
        ids.insert(row["instance_id"].as_str().expect("an id").to_owned());
    }
    let changes = format!("/api/v1/changes?since={first_day}&account={ACCOUNT}&per_page=500");
    for row in rows(&old, &changes).await.iter().filter(|row| row["kind"] == "machine_gone") {
        gone.push(row["instance_id"].as_str().expect("an id").to_owned());
    }
    for id in ids.iter().chain(&gone) {
        for path in lists_of(id) {
            before.insert(path.clone(), rows(&old, &path).await);
        }
    }
    world.next_day();
    let mut accounts = world.harvester.accounts.to_vec();
    let place = accounts.iter().position(|account| account.account_id.as_str() == ACCOUNT).expect("the account");
    accounts[place].customer_id = NEW.to_owned();
    accounts[place].customer_name = "The company that has it now".to_owned();
    world.harvester.accounts = accounts.into();
    let moved_at = world.clock_now();
    world.harvest().await;
    for _ in 0..DAYS_AFTER {
        world.next_day();
        world.harvest().await;
    }
    Moved { source: world.source(), first_day, moved_at, before, gone, _world: world }
}

/// Every line of a file but its head.
async fn lines(portal: &Router, path: &str) -> Vec<String> {
    let (status, body) = get(portal.clone(), path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    body.lines().skip(1).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_machine_the_new_owner_sees_transitions_and_runs_since_and_none_of_before() {
    let moved = moved();
    let (new, operator) =
        (portal(&moved.source, of_customers(&[NEW])), portal(&moved.source, Principal::local().identity));
    let (mut seen, mut hidden) = ([0; 2], [0; 2]);
    for row in rows(&new, "/api/v1/instances").await {
        let id = row["instance_id"].as_str().expect("an id");
        let page = json(&new, &format!("/api/v1/instances/{id}")).await;
        let [history, runs] = lists_of(id);
        for (place, (path, figure, file, time)) in
            [(history, "transitions", "history", "seen_at"), (runs, "runs", "runs", "requested_at")]
                .into_iter()
                .enumerate()
        {
            let (theirs, all) = (rows(&new, &path).await, rows(&operator, &path).await);
            for row in &theirs {
                assert!(at(row, time) >= moved.moved_at, "{row}");
                assert!(all.iter().any(|other| other[time] == row[time]), "{row}");
            }
            let before = moved.before.get(&path).map(Vec::as_slice).unwrap_or_default();
            assert!(before.iter().all(|row| !theirs.contains(row)), "{path}");
            assert_eq!(page[figure].as_u64(), Some(theirs.len() as u64), "{figure} of {id}");
            let file = lines(&new, &format!("/export/{file}.csv?instance={id}")).await;
            assert_eq!(file.len(), theirs.len(), "{file:?}");
            let html = get(new.clone(), &format!("/instances/{id}?tab=history")).await.1;
            let last_day = moved.last_day().to_string();
            assert!(file.iter().all(|line| !line.contains(&last_day)), "{file:?}");
            assert!(!html.contains("Earlier registrations") || !html.contains("gone "), "{html}");
            seen[place] += theirs.len();
            hidden[place] += all.len() - theirs.len();
        }
    }
    assert!(seen.into_iter().chain(hidden).all(|rows| rows > 0), "seen {seen:?}, hidden {hidden:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_compared_with_a_day_of_the_former_owner_begins_with_the_new_one() {
    let moved = moved();
    let new = portal(&moved.source, of_customers(&[NEW]));
    let since = |day: Date| format!("/api/v1/changes?since={day}&per_page=500");
    let theirs = rows(&new, &since(moved.first_day)).await;
    assert_eq!(theirs, rows(&new, &since(moved.last_day())).await);
    assert!(!theirs.is_empty());
    for row in theirs.iter().filter(|row| row["kind"].as_str().is_some_and(|kind| kind.starts_with("machine"))) {
        assert!(at(row, "happened_at") >= moved.moved_at, "{row}");
    }
    let operator = portal(&moved.source, Principal::local().identity);
    let all = rows(&operator, &format!("{}&account={ACCOUNT}", since(moved.first_day))).await;
    assert!(all.len() > theirs.len(), "{} of {}", theirs.len(), all.len());
    let file = lines(&new, &format!("/export/changes.csv?since={}", moved.first_day)).await;
    assert_eq!(file.len(), theirs.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn trends_and_times_to_patch_begin_with_the_new_owner() {
    let moved = moved();
    let new = portal(&moved.source, of_customers(&[NEW]));
    let range = format!("from={}&to={}", moved.first_day, moved.moved_at.strftime("%F"));
    let days = rows(&new, &format!("/api/v1/trend?{range}")).await;
    let first = moved.last_day() + 1.day();
    assert_eq!(days.iter().map(|day| day["day"].clone()).collect::<Vec<_>>(), [first.to_string()]);
    assert_eq!(lines(&new, &format!("/export/trend.csv?{range}")).await.len(), 1);
    // Updates that were installed since, and none of those before.
    let level = json(&new, "/api/v1/service-level").await;
    let mut installed = 0;
    for row in rows(&new, "/api/v1/instances").await {
        let [history, _] = lists_of(row["instance_id"].as_str().expect("an id"));
        let pending = |state: &Value| ["Missing", "Failed"].contains(&state.as_str().unwrap_or_default());
        let closed = |row: &&Value| {
            let is_installed = row["to_state"].as_str().is_some_and(|to| to.starts_with("Installed"));
            pending(&row["from_state"]) && is_installed && at(row, "happened_at") >= moved.moved_at
        };
        installed += rows(&new, &history).await.iter().filter(closed).count() as u64;
    }
    assert_eq!(level["times"]["installed"].as_u64(), Some(installed), "{level}");
    let operator = portal(&moved.source, Principal::local().identity);
    let all = json(&operator, &format!("/api/v1/service-level?account={ACCOUNT}")).await;
    assert!(all["times"]["installed"].as_u64() > Some(installed), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_was_gone_before_is_as_one_that_never_was() {
    let moved = moved();
    assert!(!moved.gone.is_empty());
    let public_url = PublicUrl::try_from("https://vmm.example".to_owned()).expect("an origin");
    let sign_in = SignIn::new(public_url, Assignments::default(), moved.source.clock.clone());
    let new = Visitor::signed_in(&state_behind_proxy(&moved.source, no_hurry(), sign_in), of_customers(&[NEW]));
    for id in &moved.gone {
        for path in
            ["/instances/ID", "/api/v1/instances/ID", "/api/v1/instances/ID/history", "/export/history.csv?instance=ID"]
        {
            let ask = async |id: &str| {
                let answer = new.get(&path.replace("ID", id)).await;
                (answer.status, answer.without_nonce().replace(id, "ID"))
            };
            let theirs = ask(id).await;
            assert_eq!(theirs, ask(UNKNOWN).await, "{path}");
            assert_eq!(theirs.0, StatusCode::NOT_FOUND, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_had_it_all_along_and_who_may_see_everything_sees_the_past() {
    let moved = moved();
    let follows = Limits { history_follows_account: true, ..moved.source.limits };
    let follows = ReportSource { limits: follows, ..moved.source.clone() };
    for (who, portal) in [
        ("the operator", portal(&moved.source, Principal::local().identity)),
        ("somebody of both companies", portal(&moved.source, of_customers(&[NEW, OLD]))),
        ("the new owner, where the history follows", portal(&follows, of_customers(&[NEW]))),
    ] {
        for (path, before) in &moved.before {
            let after = rows(&portal, path).await;
            let time = if path.contains("/history") { "seen_at" } else { "requested_at" };
            let known: BTreeSet<_> = after.iter().map(|row| row[time].to_string()).collect();
            assert!(before.iter().all(|row| known.contains(&row[time].to_string())), "{who} lacks some of {path}");
            assert!(after.len() >= before.len(), "{who} lacks some of {path}");
        }
        let trend = rows(&portal, &format!("/api/v1/trend?from={}&account={ACCOUNT}", moved.first_day)).await;
        assert_eq!(trend.len(), DAYS_BEFORE + 1 + DAYS_AFTER, "{who}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_past_day_is_whose_the_account_was_then() {
    let moved = moved();
    let (old, new) = (portal(&moved.source, of_customers(&[OLD])), portal(&moved.source, of_customers(&[NEW])));
    let then = format!("as_of={}", moved.last_day());
    for (path, before) in &moved.before {
        assert_eq!(&rows(&old, &format!("{path}&{then}")).await, before, "{path}");
        for (portal, path) in [(&old, path.clone()), (&new, format!("{path}&{then}"))] {
            assert_eq!(get(portal.clone(), &path).await.0, StatusCode::NOT_FOUND, "{path}");
        }
    }
    assert!(rows(&old, "/api/v1/instances").await.iter().all(|row| row["account_id"] != ACCOUNT));
    assert_eq!(get(old, &format!("/accounts/{ACCOUNT}")).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_figure_is_the_number_of_rows_behind_it_and_verified() {
    let moved = moved();
    let scope = Principal::new(of_customers(&[NEW]), BTreeSet::new()).scope();
    let reports = moved.source.for_scope(scope);
    let overview = reports.overview(Default::default()).await.expect("an overview");
    for (run, figure) in [("succeeded", overview.totals.runs_succeeded), ("finished", overview.totals.runs_total)] {
        let filter = InstanceFilter::from_query(&format!("run={run}")).expect("a filter");
        assert_eq!(reports.instances(filter).await.expect("instances").total, figure, "{run}");
    }
    let verification = verify(&moved.source, Extent::WHOLE).await.expect("verified");
    assert_eq!((verification.mismatches, verification.first), (0, Vec::new()));
}
