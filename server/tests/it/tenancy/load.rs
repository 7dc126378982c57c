//! Many people at once, of three roles, while harvests write: nobody gets a row of somebody else's, and nothing breaks.
//!
//! Twelve people in every run; `MUSTER_LOAD_USERS` and `MUSTER_LOAD_REQUESTS` say more by hand. What it took is printed.

use crate::support::world::{World, cookie_of, customer, state_with};
use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Request, StatusCode, header::COOKIE},
};
use http_body_util::BodyExt;
use muster_access::{
    assignments::Assignments,
    principal::{Identity, Principal, Role},
};
use muster_core::clock::SystemClock;
use muster_web::router::router;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tower::ServiceExt;

const USERS: usize = 12;
const REQUESTS: usize = 15;
const FILE_WAIT: Duration = Duration::from_millis(50);

/// Lists whose rows name a customer, pages and files that only must not break.
const LISTS: [&str; 4] = [
    "/api/v1/accounts?per_page=500",
    "/api/v1/instances?per_page=500",
    "/api/v1/updates?per_page=500",
    "/api/v1/changes",
];
const OTHERS: [&str; 8] = [
    "/",
    "/instances?status=pending",
    "/updates?state=Missing",
    "/changes",
    "/trends",
    "/service-level",
    "/export/instances.csv",
    "/api/v1/trend",
];

fn whole_number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |number| number.parse().expect("a whole number"))
}

/// One of three roles, each with the customers that it may see; none means all.
fn person(number: usize, customers: &[String]) -> (Identity, Option<BTreeSet<String>>) {
    let own = customers[number / 3 % customers.len()].clone();
    let (role, sees) = match number % 3 {
        0 => (Principal::local().identity.role, None),
        1 => (customer(&own).identity.role, Some(BTreeSet::from([own]))),
        _ => (Role::AccountManager { only: None }, Some(BTreeSet::from([own]))),
    };
    (Identity { issuer: "test".into(), subject: subject(number), name: format!("Person {number}"), role }, sees)
}

fn subject(number: usize) -> String {
    format!("person-{number}")
}

async fn ask(router: Router, cookie: HeaderValue, path: &str) -> (StatusCode, Vec<u8>, Duration) {
    let begun = Instant::now();
    let request = Request::get(path).header("host", "vmm.example").header(COOKIE, cookie);
    let response = router.oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer");
    let status = response.status();
    let body = response.into_body().collect().await.expect("a whole body").to_bytes().to_vec();
    (status, body, begun.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn many_people_of_three_roles_see_their_own_rows_while_harvests_write() {
    let world = World::small().await;
    world.harvest().await;
    let customers: BTreeSet<String> = world.harvester.accounts.iter().map(|a| a.customer_id.clone()).collect();
    let customers: Vec<String> = customers.into_iter().collect();
    let users = whole_number("MUSTER_LOAD_USERS", USERS);
    // Days of the estate pass while people stay signed in.
    let assigned = (0..users).map(|number| (subject(number), person(number, &customers).1.unwrap_or_default()));
    let state = state_with(&world.source(), Assignments::of(assigned), Arc::new(SystemClock));
    let router = router(state.clone());
    let requests = whole_number("MUSTER_LOAD_REQUESTS", REQUESTS);

    let people: Vec<_> = (0..users)
        .map(|number| {
            let (identity, sees) = person(number, &customers);
            let (cookie, router) = (cookie_of(&state, identity), router.clone());
            tokio::spawn(async move {
                let (mut rows, mut took, mut statuses, mut told_to_wait) = (0, Vec::new(), BTreeMap::new(), 0);
                let mut random = fastrand::Rng::with_seed(number as u64);
                for _ in 0..requests {
                    let list = random.bool();
                    let path =
                        if list { LISTS[random.usize(..LISTS.len())] } else { OTHERS[random.usize(..OTHERS.len())] };
                    let (status, body, time) = loop {
                        let answer = ask(router.clone(), cookie.clone(), path).await;
                        // A few files at a time are all that are let out, whoever asks.
                        if answer.0 != StatusCode::TOO_MANY_REQUESTS || !path.starts_with("/export/") {
                            break answer;
                        }
                        told_to_wait += 1;
                        tokio::time::sleep(FILE_WAIT).await;
                    };
                    *statuses.entry(status.as_u16()).or_insert(0) += 1;
                    took.push(time);
                    if list && status == StatusCode::OK {
                        let page: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
                        let listed = page["rows"].as_array().expect("rows");
                        rows += listed.len();
                        for row in listed {
                            let customer = row["customer_id"].as_str().expect("a customer");
                            assert!(
                                sees.as_ref().is_none_or(|sees| sees.contains(customer)),
                                "{path} of {number}: {row}"
                            );
                        }
                    }
                }
                (rows, took, statuses, told_to_wait)
            })
        })
        .collect();

    // Harvests go on for as long as somebody asks.
    let over = Arc::new(AtomicBool::new(false));
    let (asked, mut harvests) = (over.clone(), 0);
    let asking = tokio::spawn(async move {
        let mut answers = Vec::new();
        for person in people {
            answers.push(person.await.expect("nobody saw what is not theirs"));
        }
        asked.store(true, Ordering::SeqCst);
        answers
    });
    while !over.load(Ordering::SeqCst) && !asking.is_finished() {
        world.next_day();
        world.harvest().await;
        harvests += 1;
    }

    let (mut rows, mut took, mut statuses, mut waits) = (0, Vec::new(), BTreeMap::<u16, usize>::new(), 0);
    for (seen, times, counts, told_to_wait) in asking.await.expect("answers") {
        rows += seen;
        took.extend(times);
        waits += told_to_wait;
        for (status, count) in counts {
            *statuses.entry(status).or_insert(0) += count;
        }
    }
    took.sort();
    let (median, late) = (took[took.len() / 2], took[took.len() * 95 / 100]);
    eprintln!(
        "{users} people, {} requests, {rows} rows looked at and none of somebody else's, {harvests} harvests meanwhile, \
         p50 {} ms, p95 {} ms, by status {statuses:?}, {waits} times told to wait for a file",
        took.len(),
        median.as_millis(),
        late.as_millis()
    );
    assert!(rows > 0 && harvests > 0, "this has shown nothing");
    assert_eq!(statuses.keys().copied().collect::<Vec<_>>(), [200], "{statuses:?}");
}
