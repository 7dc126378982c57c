//! An account with a history that moves to another customer: the new owner sees what happened since the move, and the
//! present state of the instances. Tested for transitions, runs, changes, trends, times to patch and instances that are
//! gone, as figures on pages, JSON and CSV.

use crate::support::{
    visitor::{Visitor, no_rate_limit, state_behind_proxy},
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

/// Harvested days before and after the move.
const DAYS_BEFORE: usize = 25;
const DAYS_AFTER: usize = 5;
const OLD: &str = "c-2001";
const NEW: &str = "c-new";
/// The id of no instance.
const UNKNOWN: &str = "i-0123456789abcdef0";
/// The account that moves; its former owner has another one.
const ACCOUNT: &str = "703918462255";

struct Moved {
    source: ReportSource,
    first_day: Date,
    moved_at: Timestamp,
    /// The rows that the former owner saw at the end of the last day, by the address of the list.
    before: BTreeMap<String, Vec<Value>>,
    /// Instances that were gone before the move.
    gone: Vec<String>,
    /// Keeps the files of the store.
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

fn user_of(customers: &[&str]) -> Identity {
    identity(customers[0], Role::Customer { customers: customers.iter().map(ToString::to_string).collect() })
}

/// The portal with every request from one signed-in identity.
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

/// The history lists of an instance.
fn history_lists(id: &str) -> [String; 2] {
    ["history", "runs"].map(|list| format!("/api/v1/instances/{id}/{list}?per_page=500"))
}

fn moved() -> &'static Moved {
    static MOVED: OnceLock<Moved> = OnceLock::new();
    MOVED.get_or_init(|| {
        let thread = std::thread::spawn(|| {
            tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime").block_on(build())
        });
        thread.join().expect("a world")
    })
}

async fn build() -> Moved {
    let mut spec = EstateSpec::named("small").expect("the small estate");
    // Enough for some to be gone before the account moves.
    spec.customers[0].accounts[0].retired = 4;
    let mut world = World::new(&spec).await;
    let first_day = world.estate.read().expect("the estate").today();
    for day in 0..DAYS_BEFORE {
        world.harvest().await;
        if day + 1 < DAYS_BEFORE {
            world.next_day();
        }
    }
    let old = portal(&world.source(), user_of(&[OLD]));
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
        for path in history_lists(id) {
            before.insert(path.clone(), rows(&old, &path).await);
        }
    }
    world.next_day();
    let mut accounts = world.harvester.accounts.to_vec();
    let index = accounts.iter().position(|account| account.account_id.as_str() == ACCOUNT).expect("the account");
    accounts[index].customer_id = NEW.to_owned();
    accounts[index].customer_name = "The company that has it now".to_owned();
    world.harvester.accounts = accounts.into();
    let moved_at = world.clock_now();
    world.harvest().await;
    for _ in 0..DAYS_AFTER {
        world.next_day();
        world.harvest().await;
    }
    Moved { source: world.source(), first_day, moved_at, before, gone, _world: world }
}

/// The lines of a file without its header.
async fn lines(portal: &Router, path: &str) -> Vec<String> {
    let (status, body) = get(portal.clone(), path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    body.lines().skip(1).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_new_owner_sees_transitions_and_runs_only_since_the_move() {
    let moved = moved();
    let (new, operator) = (portal(&moved.source, user_of(&[NEW])), portal(&moved.source, Principal::local().identity));
    let (mut seen, mut hidden) = ([0; 2], [0; 2]);
    for row in rows(&new, "/api/v1/instances").await {
        let id = row["instance_id"].as_str().expect("an id");
        let page = json(&new, &format!("/api/v1/instances/{id}")).await;
        let [history, runs] = history_lists(id);
        for (index, (path, figure, file, time)) in
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
            assert!(!html.contains("Registered before as") || !html.contains(" until "), "{html}");
            seen[index] += theirs.len();
            hidden[index] += all.len() - theirs.len();
        }
    }
    assert!(seen.into_iter().chain(hidden).all(|rows| rows > 0), "seen {seen:?}, hidden {hidden:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_since_a_day_of_the_former_owner_start_at_the_move() {
    let moved = moved();
    let new = portal(&moved.source, user_of(&[NEW]));
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
async fn trends_and_times_to_patch_start_at_the_move() {
    let moved = moved();
    let new = portal(&moved.source, user_of(&[NEW]));
    let range = format!("from={}&to={}", moved.first_day, moved.moved_at.strftime("%F"));
    let days = rows(&new, &format!("/api/v1/trend?{range}")).await;
    let first = moved.last_day() + 1.day();
    assert_eq!(days.iter().map(|day| day["day"].clone()).collect::<Vec<_>>(), [first.to_string()]);
    assert_eq!(lines(&new, &format!("/export/trend.csv?{range}")).await.len(), 1);
    // Only updates that were installed since the move.
    let level = json(&new, "/api/v1/service-level").await;
    let mut installed = 0;
    for row in rows(&new, "/api/v1/instances").await {
        let [history, _] = history_lists(row["instance_id"].as_str().expect("an id"));
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
async fn an_instance_gone_before_the_move_is_answered_as_an_unknown_one() {
    let moved = moved();
    assert!(!moved.gone.is_empty());
    let public_url = PublicUrl::try_from("https://vmm.example".to_owned()).expect("an origin");
    let sign_in = SignIn::new(public_url, Assignments::default(), moved.source.clock.clone());
    let new = Visitor::signed_in(&state_behind_proxy(&moved.source, no_rate_limit(), sign_in), user_of(&[NEW]));
    for id in &moved.gone {
        for path in
            ["/instances/ID", "/api/v1/instances/ID", "/api/v1/instances/ID/history", "/export/history.csv?instance=ID"]
        {
            let get = async |id: &str| {
                let answer = new.get(&path.replace("ID", id)).await;
                (answer.status, answer.without_nonce().replace(id, "ID"))
            };
            let answer_for_gone = get(id).await;
            assert_eq!(answer_for_gone, get(UNKNOWN).await, "{path}");
            assert_eq!(answer_for_gone.0, StatusCode::NOT_FOUND, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_and_users_of_both_customers_see_the_time_before_the_move() {
    let moved = moved();
    let limits = Limits { history_follows_account: true, ..moved.source.limits };
    let follows = ReportSource { limits, ..moved.source.clone() };
    for (caller, portal) in [
        ("the operator", portal(&moved.source, Principal::local().identity)),
        ("a user of both customers", portal(&moved.source, user_of(&[NEW, OLD]))),
        ("the new owner, where the history follows", portal(&follows, user_of(&[NEW]))),
    ] {
        for (path, before) in &moved.before {
            let after = rows(&portal, path).await;
            let time = if path.contains("/history") { "seen_at" } else { "requested_at" };
            let known: BTreeSet<_> = after.iter().map(|row| row[time].to_string()).collect();
            assert!(
                before.iter().all(|row| known.contains(&row[time].to_string())),
                "{caller} lacks some rows of {path}"
            );
            assert!(after.len() >= before.len(), "{caller} lacks some rows of {path}");
        }
        let trend = rows(&portal, &format!("/api/v1/trend?from={}&account={ACCOUNT}", moved.first_day)).await;
        assert_eq!(trend.len(), DAYS_BEFORE + 1 + DAYS_AFTER, "{caller}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_past_day_belongs_to_the_owner_of_that_day() {
    let moved = moved();
    let (old, new) = (portal(&moved.source, user_of(&[OLD])), portal(&moved.source, user_of(&[NEW])));
    let as_of = format!("as_of={}", moved.last_day());
    for (path, before) in &moved.before {
        assert_eq!(&rows(&old, &format!("{path}&{as_of}")).await, before, "{path}");
        for (portal, path) in [(&old, path.clone()), (&new, format!("{path}&{as_of}"))] {
            assert_eq!(get(portal.clone(), &path).await.0, StatusCode::NOT_FOUND, "{path}");
        }
    }
    assert!(rows(&old, "/api/v1/instances").await.iter().all(|row| row["account_id"] != ACCOUNT));
    assert_eq!(get(old, &format!("/accounts/{ACCOUNT}")).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_figure_equals_its_number_of_rows_and_is_verified() {
    let moved = moved();
    let scope = Principal::new(user_of(&[NEW]), BTreeSet::new()).scope();
    let reports = moved.source.for_scope(scope);
    let overview = reports.overview(Default::default()).await.expect("an overview");
    for (run, figure) in [("succeeded", overview.totals.runs_succeeded), ("finished", overview.totals.runs_total)] {
        let filter = InstanceFilter::from_query(&format!("run={run}")).expect("a filter");
        assert_eq!(reports.instances(filter).await.expect("instances").total, figure, "{run}");
    }
    let verification = verify(&moved.source, Extent::WHOLE).await.expect("verified");
    assert_eq!((verification.mismatches, verification.first), (0, Vec::new()));
}
