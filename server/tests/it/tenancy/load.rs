//! Concurrent requests of three roles during harvests: every row belongs to the scope of its caller, and no request fails.
//!
//! `MUSTER_LOAD_USERS` and `MUSTER_LOAD_REQUESTS` override the twelve people and fifteen requests each. Times are printed.

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
const RETRY_WAIT: Duration = Duration::from_millis(50);

/// Lists with a customer in each row.
const LISTS: [&str; 4] = [
    "/api/v1/accounts?per_page=500",
    "/api/v1/instances?per_page=500",
    "/api/v1/updates?per_page=500",
    "/api/v1/changes",
];
/// Pages, files and figures that only must not fail.
const OTHERS: [&str; 8] = [
    "/",
    "/instances?status=pending",
    "/updates/list?state=Missing",
    "/changes",
    "/trends",
    "/service-level",
    "/export/instances.csv",
    "/api/v1/trend",
];

fn number_from_env(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |number| number.parse().expect("a whole number"))
}

/// A person with one of three roles, and the customers in its scope; `None` means all.
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

async fn get(router: Router, cookie: HeaderValue, path: &str) -> (StatusCode, Vec<u8>, Duration) {
    let start = Instant::now();
    let request = Request::get(path).header("host", "vmm.example").header(COOKIE, cookie);
    let response = router.oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer");
    let status = response.status();
    let body = response.into_body().collect().await.expect("a whole body").to_bytes().to_vec();
    (status, body, start.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn many_people_of_three_roles_see_only_their_own_rows_during_harvests() {
    let world = World::small().await;
    world.harvest().await;
    let customers: BTreeSet<String> = world.harvester.accounts.iter().map(|a| a.customer_id.clone()).collect();
    let customers: Vec<String> = customers.into_iter().collect();
    let users = number_from_env("MUSTER_LOAD_USERS", USERS);
    // Days of the estate pass while people stay signed in.
    let assigned = (0..users).map(|number| (subject(number), person(number, &customers).1.unwrap_or_default()));
    let state = state_with(&world.source(), Assignments::of(assigned), Arc::new(SystemClock));
    let router = router(state.clone());
    let requests = number_from_env("MUSTER_LOAD_REQUESTS", REQUESTS);

    let people: Vec<_> = (0..users)
        .map(|number| {
            let (identity, sees) = person(number, &customers);
            let (cookie, router) = (cookie_of(&state, identity), router.clone());
            tokio::spawn(async move {
                let (mut rows, mut took, mut statuses, mut retries) = (0, Vec::new(), BTreeMap::new(), 0);
                let mut random = fastrand::Rng::with_seed(number as u64);
                for _ in 0..requests {
                    let list = random.bool();
                    let path =
                        if list { LISTS[random.usize(..LISTS.len())] } else { OTHERS[random.usize(..OTHERS.len())] };
                    let (status, body, time) = loop {
                        let answer = get(router.clone(), cookie.clone(), path).await;
                        // The limit on concurrent exports applies to all callers together.
                        if answer.0 != StatusCode::TOO_MANY_REQUESTS || !path.starts_with("/export/") {
                            break answer;
                        }
                        retries += 1;
                        tokio::time::sleep(RETRY_WAIT).await;
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
                (rows, took, statuses, retries)
            })
        })
        .collect();

    // Harvests run until every request is answered.
    let is_over = Arc::new(AtomicBool::new(false));
    let (all_answered, mut harvests) = (is_over.clone(), 0);
    let answers = tokio::spawn(async move {
        let mut answers = Vec::new();
        for person in people {
            answers.push(person.await.expect("only rows in scope"));
        }
        all_answered.store(true, Ordering::SeqCst);
        answers
    });
    while !is_over.load(Ordering::SeqCst) && !answers.is_finished() {
        world.next_day();
        world.harvest().await;
        harvests += 1;
    }

    let (mut rows, mut took, mut statuses, mut waits) = (0, Vec::new(), BTreeMap::<u16, usize>::new(), 0);
    for (seen, times, counts, retries) in answers.await.expect("answers") {
        rows += seen;
        took.extend(times);
        waits += retries;
        for (status, count) in counts {
            *statuses.entry(status).or_insert(0) += count;
        }
    }
    took.sort();
    let (median, late) = (took[took.len() / 2], took[took.len() * 95 / 100]);
    eprintln!(
        "{users} people, {} requests, {rows} rows checked and all in scope, {harvests} harvests meanwhile, \
         p50 {} ms, p95 {} ms, by status {statuses:?}, {waits} exports retried",
        took.len(),
        median.as_millis(),
        late.as_millis()
    );
    assert!(rows > 0 && harvests > 0, "no row or no harvest was tested");
    assert_eq!(statuses.keys().copied().collect::<Vec<_>>(), [200], "{statuses:?}");
}
