//! Hostile cases 28 and 29: the scope of a caller changes between two requests.
//!
//! 28. A role is removed, an account moves, a session is planted →
//!     `a_removed_assignment_hides_its_customers_at_the_next_request`,
//!     `an_account_that_moves_between_two_pages_leaves_the_list`, `sign_in_replaces_a_planted_session`
//! 29. An account changes owners → `past_days_stay_with_the_owner_of_that_time`,
//!     `transitions_kept_by_retention_are_hidden_from_the_next_owner`, and `moved_history`

use crate::{
    support::{
        visitor::{Visitor, no_rate_limit, state_behind_proxy},
        world::World,
    },
    tenancy::tenants::person,
};
use axum::{
    body::Body,
    http::{HeaderMap, Method, StatusCode},
};
use jiff::{SignedDuration, ToSpan};
use muster_access::{
    assignments::Assignments,
    principal::{Identity, Role},
    public_url::PublicUrl,
};
use muster_metrics::Limits;
use muster_model::ids::AccountId;
use muster_store::retention::history::drop_old;
use muster_web::{
    sign_in::{SignIn, person::Person},
    state::ServerState,
};
use serde_json::Value;
use std::collections::BTreeSet;

const OLD: &str = "c-old";
const NEW: &str = "c-new";

fn state(world: &World, assignments: Assignments, people: Vec<Person>) -> ServerState {
    let public_url = PublicUrl::try_from("https://vmm.example".to_owned()).expect("an origin");
    let sign_in = SignIn::new(public_url, assignments, world.clock.clone()).with_people(people);
    state_behind_proxy(&world.source(), no_rate_limit(), sign_in)
}

fn customer(id: &str) -> Identity {
    person(id, Role::Customer { customers: BTreeSet::from([id.to_owned()]) })
}

/// Assigns an account to a customer, from the next harvest on.
fn assign_account(world: &mut World, index: usize, customer_id: &str) {
    let mut accounts = world.harvester.accounts.to_vec();
    accounts[index].customer_id = customer_id.to_owned();
    accounts[index].customer_name = format!("The company {customer_id}");
    world.harvester.accounts = accounts.into();
}

/// Two accounts of one customer, harvested.
async fn two_accounts() -> World {
    let mut world = World::generated(2, 2, 3).await;
    assign_account(&mut world, 0, OLD);
    assign_account(&mut world, 1, OLD);
    world.harvest().await;
    world
}

async fn rows(visitor: &Visitor, path: &str) -> Vec<Value> {
    let answer = visitor.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    let page: Value = serde_json::from_str(&answer.body).expect("JSON");
    page["rows"].as_array().expect("rows").clone()
}

fn id_of(row: &Value) -> String {
    row["instance_id"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_assignment_hides_its_customers_at_the_next_request() {
    let world = two_accounts().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("assignments.csv");
    std::fs::write(&file, format!("subject,customer_id\nnoor,{OLD}\n")).expect("written");
    let state = state(&world, Assignments::of_file(&file).expect("valid assignments"), Vec::new());
    let manager = Visitor::signed_in(&state, person("noor", Role::AccountManager { only: None }));
    let seen = rows(&manager, "/api/v1/instances").await;
    assert_eq!(seen.len(), 4);
    std::fs::write(&file, "subject,customer_id\nsomebody-else,c-old\n").expect("written");
    assert!(rows(&manager, "/api/v1/instances").await.is_empty());
    let answer = manager.get(&format!("/api/v1/instances/{}", id_of(&seen[0]))).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "not_found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_moves_between_two_pages_leaves_the_list() {
    let mut world = two_accounts().await;
    let state = state(&world, Assignments::default(), Vec::new());
    let (old, new) = (Visitor::signed_in(&state, customer(OLD)), Visitor::signed_in(&state, customer(NEW)));
    let list = |page: usize| format!("/api/v1/instances?sort=account_name&per_page=2&page={page}");
    let (first, second) = (rows(&old, &list(1)).await, rows(&old, &list(2)).await);
    assert_eq!((first.len(), second.len(), rows(&new, &list(1)).await.len()), (2, 2, 0));
    let moving = second[0]["account_id"].as_str().expect("an id").parse::<AccountId>().expect("an account id");
    let index = world.harvester.accounts.iter().position(|account| account.account_id == moving).expect("its index");
    assign_account(&mut world, index, NEW);
    world.harvest().await;
    assert!(rows(&old, &list(2)).await.is_empty());
    assert_eq!(rows(&old, &list(1)).await, first);
    for row in &second {
        let path = format!("/api/v1/instances/{}", id_of(row));
        assert_eq!((old.get(&path).await.status, new.get(&path).await.status), (StatusCode::NOT_FOUND, StatusCode::OK));
    }
    let ids: Vec<_> = rows(&new, &list(1)).await.iter().map(id_of).collect();
    assert_eq!(ids, second.iter().map(id_of).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_replaces_a_planted_session() {
    let world = two_accounts().await;
    let guest = Person { code: "guest", sees: String::new(), identity: customer(OLD) };
    let state = state(&world, Assignments::default(), vec![guest]);
    let planted = state.sign_in.get().start(&HeaderMap::new(), customer(NEW)).expect("a session");
    let planted = planted.to_str().expect("text").split(';').next().expect("a pair").to_owned();
    let browser = Visitor::new(&state);
    let form = [("content-type", "application/x-www-form-urlencoded"), ("cookie", planted.as_str())];
    let signed_in = browser.send(Method::POST, "/sign-in/demo", &form, Body::from("person=guest")).await;
    assert_eq!(signed_in.status, StatusCode::SEE_OTHER, "{}", signed_in.body);
    let own = signed_in.header("set-cookie").expect("a cookie").split(';').next().expect("a pair").to_owned();
    assert_ne!(own, planted);
    let status = |cookie: String| {
        let browser = browser.clone();
        async move { browser.send(Method::GET, "/api/v1/instances", &[("cookie", &cookie)], Body::empty()).await.status }
    };
    // The planted session has ended too: its owner gets no data of either customer.
    assert_eq!((status(own).await, status(planted).await), (StatusCode::OK, StatusCode::UNAUTHORIZED));
    assert_eq!(status("__Host-muster=made-up".to_owned()).await, StatusCode::UNAUTHORIZED);
}

/// A past day is shown as it was on that day, and only to the customer that owned the account then. `moved_history` tests
/// this for each list and figure of the past.
#[tokio::test(flavor = "multi_thread")]
async fn past_days_stay_with_the_owner_of_that_time() {
    let mut world = two_accounts().await;
    let state = state(&world, Assignments::default(), Vec::new());
    let old = Visitor::signed_in(&state, customer(OLD));
    let id = id_of(&rows(&old, "/api/v1/instances?sort=account_name").await[0]);
    let history = format!("/api/v1/instances/{id}/history");
    let before = rows(&old, &history).await;
    let first_day = world.estate.read().expect("the estate").today();
    assert!(!before.is_empty());
    let account = rows(&old, "/api/v1/instances?sort=account_name").await[0]["account_id"].clone();
    world.next_day();
    let index = world.harvester.accounts.iter().position(|one| account == one.account_id.as_str()).expect("its index");
    assign_account(&mut world, index, NEW);
    world.harvest().await;
    // Sessions end before the next day.
    let (old, new) = (Visitor::signed_in(&state, customer(OLD)), Visitor::signed_in(&state, customer(NEW)));

    let after = rows(&new, &history).await;
    assert!(before.iter().all(|row| !after.contains(row)), "the new owner sees transitions from before the move");
    let trend = rows(&new, "/api/v1/trend").await;
    assert!(trend.iter().all(|row| row["day"] != first_day.to_string()), "{trend:?}");
    for path in [
        format!("/api/v1/instances/{id}"),
        format!("/instances/{id}?tab=history"),
        format!("/accounts/{}", account.as_str().expect("an id")),
        "/".to_owned(),
        "/export/accounts.csv".to_owned(),
    ] {
        let answer = new.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(!answer.body.contains(OLD), "{path} names the former owner");
        let (hidden, account) = (old.get(&path).await.body, account.as_str().expect("an id"));
        // A page for an unknown id may repeat its own address.
        assert!(!hidden.contains(NEW) && !hidden.replace(&path, "").contains(account), "{path}");
    }
    let as_of = format!("as_of={first_day}");
    let instance = format!("/api/v1/instances/{id}?{as_of}");
    assert_eq!(
        (old.get(&instance).await.status, new.get(&instance).await.status),
        (StatusCode::OK, StatusCode::NOT_FOUND)
    );
    assert_eq!(rows(&old, &format!("/api/v1/instances?{as_of}")).await.len(), 4);
    assert!(rows(&new, &format!("/api/v1/instances?{as_of}")).await.is_empty());
    assert_eq!(rows(&old, &format!("{history}?{as_of}")).await, before);
}

/// Retention keeps some older transitions, because later ones refer to them.
#[tokio::test(flavor = "multi_thread")]
async fn transitions_kept_by_retention_are_hidden_from_the_next_owner() {
    let mut world = two_accounts().await;
    world.next_day();
    assign_account(&mut world, 0, NEW);
    world.harvest().await;
    for _ in 0..3 {
        world.next_day();
    }
    world.harvest().await;
    let store = world.harvester.store.clone();
    let dropped = drop_old(&store, Limits::default(), SignedDuration::from_hours(24), world.clock_now()).await;
    assert!(dropped.expect("dropped").is_some());
    assert!(
        world
            .count(
                "SELECT count(*) FROM transition t JOIN scan USING (scan_key), retention
        WHERE scan_key < retention.scan_key"
            )
            .await
            > 0,
        "no older transition was kept"
    );
    let state = state(&world, Assignments::default(), Vec::new());
    let new = Visitor::signed_in(&state, customer(NEW));
    let own = rows(&new, "/api/v1/instances").await;
    assert_eq!(own.len(), 2);
    let moved_at = world.estate.read().expect("the estate").today() - 3.days();
    for row in own {
        for row in rows(&new, &format!("/api/v1/instances/{}/history", id_of(&row))).await {
            assert!(row["seen_at"].as_str() >= Some(moved_at.to_string().as_str()), "{row}");
        }
    }
}
