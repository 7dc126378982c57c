//! The canary crawl: callers of each role request every route with every parameter, and find nothing of other customers.
//! G.2 18 (text from instances) is covered too: the canaries are in every text that instances report.

use crate::{
    requests::routes::{ASKED_PACKAGE, About, ROUTES, Route, crawl_step, encoded, spellings},
    support::visitor::{Answer, Visitor},
    tenancy::tenants::{FIRST_DAY, LAST_DAY, MANAGED, TENANTS, Tenants, canary, manager, operator, tenants},
};
use axum::http::StatusCode;
use futures::{StreamExt, stream};
use muster_access::principal::Identity;
use std::{collections::BTreeSet, time::Duration};

/// Concurrent requests.
const CONCURRENCY: usize = 4;
const ATTEMPTS_MAX: usize = 3_000;

/// An address, and the words in it, which an answer may repeat.
struct CrawlRequest {
    address: String,
    words: Vec<String>,
}

/// Requests to a route: with every query string for the customers in the scope, and with few for other customers.
fn requests_to(tenants: &Tenants, route: &Route, sees: &[usize]) -> Vec<CrawlRequest> {
    let mut requests = Vec::new();
    let mut add = |id: &str, query: String, words: &[&str]| {
        let words = words.iter().chain([&id]).filter(|word| !word.is_empty()).map(ToString::to_string).collect();
        requests.push(CrawlRequest { address: route.address(id, &query), words });
    };
    for (index, tenant) in tenants.all.iter().enumerate() {
        let ids: Vec<&str> = match route.about {
            About::Everything => vec![""],
            About::Account | About::Patch | About::Run | About::Enrollment => vec![tenant.id(route.about)],
            About::Instance => tenant.instances.iter().take(2).map(String::as_str).collect(),
        };
        for id in ids {
            let about_others = route.about != About::Everything && !sees.contains(&index);
            let queries = if about_others { vec![String::new()] } else { route.query_strings() };
            for query in queries {
                add(id, query, &[]);
            }
            for day in [FIRST_DAY, LAST_DAY] {
                add(id, format!("as_of={day}"), &[]);
            }
        }
        let id = tenant.id(route.about);
        for key in route.texts {
            let word = match *key {
                "customer" => tenant.customer_id.as_str(),
                "account" => tenant.account_id.as_str(),
                "instance" => tenant.instances[0].as_str(),
                // Search ignores case, but this test does not: results in upper case differ from the repeated query.
                _ => "canary-t",
            };
            add(id, format!("{key}={}", encoded(word)), &[word]);
        }
        if route.path.contains("exposure") {
            let package = format!("{ASKED_PACKAGE} {}", canary(index));
            add(id, format!("q={}", encoded(&format!("\"{package}\" < 99"))), &[&package, &package.replace(' ', "+")]);
        }
    }
    requests.sort_by(|one, other| one.address.cmp(&other.address));
    requests.dedup_by(|one, other| one.address == other.address);
    requests
}

/// The headers and body of an answer, without the words of the request.
fn text_without_words(request: &CrawlRequest, answer: &Answer) -> String {
    let headers =
        answer.headers.iter().map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    let mut text: String = headers.chain([answer.body.clone()]).collect();
    for word in &request.words {
        text = spellings(word).iter().fold(text, |text, spelling| text.replace(spelling, ""));
    }
    text
}

/// Sends all requests as a caller with these tenants in scope, and returns the addresses and bodies of answers with 200.
async fn crawl(identity: Identity, sees: &[usize]) -> Vec<(String, String)> {
    let tenants = tenants();
    let visitor = tenants.visitor(identity);
    let mut foreign: Vec<String> = Vec::new();
    for (index, tenant) in tenants.all.iter().enumerate().filter(|(index, _)| !sees.contains(index)) {
        foreign.extend([
            canary(index),
            tenant.customer_id.clone(),
            tenant.account_id.clone(),
            tenant.systems_account.clone(),
        ]);
        foreign.extend(tenant.instances.iter().cloned());
    }
    // Callers start at different addresses.
    let (step, start) = (crawl_step(), sees.first().copied().unwrap_or_default());
    let all = ROUTES.iter().flat_map(|route| requests_to(tenants, route, sees)).enumerate();
    let some = all.filter(|(number, request)| {
        // Without a question, some pages have no rows.
        let is_needed = !request.address.contains('?') || request.address.contains(ASKED_PACKAGE);
        (number + start).is_multiple_of(step) || is_needed || !request.words.is_empty()
    });
    let answers = stream::iter(some.map(|(_, request)| request).collect::<Vec<_>>())
        .map(|request| {
            let visitor: Visitor = visitor.clone();
            async move { (get_with_retry(&visitor, &request.address).await, request) }
        })
        .buffer_unordered(CONCURRENCY);
    let answers: Vec<_> = answers.collect().await;
    let mut found = Vec::new();
    for (answer, request) in answers {
        assert!(!answer.status.is_server_error(), "{}: {} {}", request.address, answer.status, answer.body);
        let text = text_without_words(&request, &answer);
        for mark in foreign.iter().filter(|mark| !request.words.contains(mark)) {
            assert!(!text.contains(mark.as_str()), "{} shows `{mark}`: {text}", request.address);
        }
        if answer.status == StatusCode::OK {
            found.push((request.address, answer.body));
        }
    }
    found
}

/// Retries while a caller has too many exports at the same time.
async fn get_with_retry(visitor: &Visitor, address: &str) -> Answer {
    for _ in 0..ATTEMPTS_MAX {
        let answer = visitor.get(address).await;
        if answer.status != StatusCode::TOO_MANY_REQUESTS {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{address} was not answered");
}

/// Texts of the own customer that a crawl must find, or it proves nothing.
const OWN_TEXTS: [&str; 8] =
    ["c-CANARY", "Customer CANARY", "account CANARY", "org-CANARY", "host-", "KB", "Security", "Windows Server 2022"];

/// The routes without the canary of a tenant in any answer.
fn routes_without_canary(found: &[(String, String)], tenant: usize) -> BTreeSet<&'static str> {
    let own = canary(tenant);
    let addresses: Vec<&str> = found
        .iter()
        .filter(|(_, body)| body.contains(&own))
        .map(|(address, _)| address.split('?').next().unwrap_or_default())
        .collect();
    let has_canary = |path: &str| match path.split_once('{') {
        None => addresses.contains(&path),
        Some((start, rest)) => {
            let end = rest.split_once('}').map_or("", |(_, end)| end);
            let whole = |id: &str| !id.contains('/');
            addresses.iter().any(|at| at.strip_prefix(start).and_then(|at| at.strip_suffix(end)).is_some_and(whole))
        }
    };
    ROUTES.iter().map(|route| route.path).filter(|path| !has_canary(path)).collect()
}

/// Sums and charts have no names, and customers see neither the harvest nor links for auditors, nor what operators decide about
/// enrollments. No instance of the tenants was enrolled.
fn may_lack_canary(path: &str) -> bool {
    let of_operators = ["/queue", "_queue", "enrollments", "_account", "_trail", "{enrollment}"];
    path == "/rpc/enrollment"
        || ["trend", "harvest", "auditors", "auditor_links"].iter().chain(&of_operators).any(|word| path.contains(word))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_finds_nothing_of_other_customers() {
    let mut without_any_canary: BTreeSet<&str> = ROUTES.iter().map(|route| route.path).collect();
    for tenant in 0..TENANTS.len() {
        let found = crawl(tenants().customer(tenant), &[tenant]).await;
        let without_canary = routes_without_canary(&found, tenant);
        without_any_canary.retain(|path| without_canary.contains(path) && !may_lack_canary(path));
        for word in OWN_TEXTS {
            assert!(found.iter().any(|(_, body)| body.contains(word)), "`{word}` was found nowhere");
        }
    }
    assert!(without_any_canary.is_empty(), "no canary was found at {without_any_canary:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_manager_finds_only_assigned_customers() {
    let found = crawl(manager(), &MANAGED).await;
    for tenant in MANAGED {
        let without_canary = routes_without_canary(&found, tenant);
        assert!(without_canary.len() < ROUTES.len() / 2, "{without_canary:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_finds_one_customer_as_of_one_day() {
    let found = crawl(tenants().auditor(1, FIRST_DAY), &[1]).await;
    let without_canary = routes_without_canary(&found, 1);
    assert!(without_canary.len() < ROUTES.len() / 2, "{without_canary:?}");
    // Another day is rejected, not replaced by the day of the link.
    let visitor = tenants().visitor(tenants().auditor(1, FIRST_DAY));
    let answer = visitor.get(&format!("/api/v1/instances?as_of={LAST_DAY}")).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "bad_request"));
    let without_day = visitor.get("/api/v1/instances").await.body;
    let with_day = visitor.get(&format!("/api/v1/instances?as_of={FIRST_DAY}")).await.body;
    assert_eq!(without_day, with_day);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_manager_without_assignments_finds_nothing_and_an_operator_all() {
    let unassigned =
        crate::tenancy::tenants::person("unassigned", muster_access::principal::Role::AccountManager { only: None });
    crawl(unassigned, &[]).await;
    let all: Vec<usize> = (0..TENANTS.len()).collect();
    let found = crawl(operator(), &all).await;
    for tenant in all {
        let without_canary = routes_without_canary(&found, tenant);
        let harvest: Vec<_> = without_canary.iter().filter(|path| path.contains("harvest")).collect();
        assert!(harvest.is_empty() && without_canary.len() < ROUTES.len() / 2, "{without_canary:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_without_a_session_finds_nothing() {
    let tenants = tenants();
    let visitor = Visitor::new(&tenants.state());
    for route in ROUTES {
        for request in requests_to(tenants, route, &[0]).into_iter().step_by(7) {
            let answer = visitor.get(&request.address).await;
            let refused = [StatusCode::UNAUTHORIZED, StatusCode::SEE_OTHER].contains(&answer.status);
            assert!(
                refused && !text_without_words(&request, &answer).contains("CANARY"),
                "{}: {}",
                request.address,
                answer.status
            );
        }
    }
}
