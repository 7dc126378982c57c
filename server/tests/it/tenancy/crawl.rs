//! The canary crawl: everybody asks every address for everything, and finds nothing of anybody else's. G.2's case 18
//! (what machines write) rides along: the texts are in every place that shows any.

use crate::{
    requests::routes::{About, ROUTES, Route, encoded},
    support::visitor::{Answer, Visitor},
    tenancy::tenants::{FIRST_DAY, LAST_DAY, MANAGED, TENANTS, Tenants, canary, manager, operator, tenants},
};
use axum::http::StatusCode;
use futures::{StreamExt, stream};
use muster_access::principal::Identity;
use std::{collections::BTreeSet, time::Duration};

/// Requests on their way at the same time.
const AT_ONCE: usize = 4;
const WAITS_MAX: usize = 3_000;

/// An address, and the words in it, which an answer may repeat.
struct Asked {
    address: String,
    words: Vec<String>,
}

/// Everything that can be asked of a route about what one sees, and whether there is anything about everybody else.
fn questions(tenants: &Tenants, route: &Route, sees: &[usize]) -> Vec<Asked> {
    let mut asked = Vec::new();
    let mut ask = |id: &str, query: String, words: &[&str]| {
        let words = words.iter().chain([&id]).filter(|word| !word.is_empty()).map(ToString::to_string).collect();
        asked.push(Asked { address: route.address(id, &query), words });
    };
    for (index, tenant) in tenants.all.iter().enumerate() {
        let ids: Vec<&str> = match route.about {
            About::Everything => vec![""],
            About::Account => vec![tenant.account_id.as_str()],
            About::Instance => tenant.instances.iter().take(2).map(String::as_str).collect(),
        };
        for id in ids {
            let about_others = route.about != About::Everything && !sees.contains(&index);
            let queries = if about_others { vec![String::new()] } else { route.questions() };
            for query in queries {
                ask(id, query, &[]);
            }
            for day in [FIRST_DAY, LAST_DAY] {
                ask(id, format!("as_of={day}"), &[]);
            }
        }
        let id = match route.about {
            About::Everything => "",
            About::Account => tenant.account_id.as_str(),
            About::Instance => tenant.instances[0].as_str(),
        };
        for key in route.texts {
            let word = match *key {
                "customer" => tenant.customer_id.as_str(),
                "account" => tenant.account_id.as_str(),
                "instance" => tenant.instances[0].as_str(),
                // Searching does not mind case, and the search does: what is found is told from what was asked.
                _ => "canary-t",
            };
            ask(id, format!("{key}={}", encoded(word)), &[word]);
        }
    }
    asked.sort_by(|one, other| one.address.cmp(&other.address));
    asked.dedup_by(|one, other| one.address == other.address);
    asked
}

/// Everything in an answer, without the words that were asked with.
fn said(asked: &Asked, answer: &Answer) -> String {
    let headers =
        answer.headers.iter().map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    let mut text: String = headers.chain([answer.body.clone()]).collect();
    for word in &asked.words {
        text = text.replace(word.as_str(), "").replace(&encoded(word), "");
    }
    text
}

/// Asks everything as somebody who may see some of the tenants, and gives the answers that were good.
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
    let all: Vec<Asked> = ROUTES.iter().flat_map(|route| questions(tenants, route, sees)).collect();
    let answers = stream::iter(all)
        .map(|asked| {
            let visitor: Visitor = visitor.clone();
            async move { (patiently(&visitor, &asked.address).await, asked) }
        })
        .buffer_unordered(AT_ONCE);
    let answers: Vec<_> = answers.collect().await;
    let mut good = Vec::new();
    for (answer, asked) in answers {
        assert!(!answer.status.is_server_error(), "{}: {} {}", asked.address, answer.status, answer.body);
        let said = said(&asked, &answer);
        for mark in foreign.iter().filter(|mark| !asked.words.contains(mark)) {
            assert!(!said.contains(mark.as_str()), "{} shows `{mark}`: {said}", asked.address);
        }
        if answer.status == StatusCode::OK {
            good.push((asked.address, answer.body));
        }
    }
    good
}

/// Waits where somebody has too many files at a time.
async fn patiently(visitor: &Visitor, address: &str) -> Answer {
    for _ in 0..WAITS_MAX {
        let answer = visitor.get(address).await;
        if answer.status != StatusCode::TOO_MANY_REQUESTS {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{address} was not answered");
}

/// A crawl that finds nothing at all proves nothing: these texts of their own are to be found.
const OWN: [&str; 8] =
    ["c-CANARY", "Customer CANARY", "account CANARY", "org-CANARY", "host-", "KB", "Security", "Windows Server 2022"];

/// The routes of the table at which a tenant's texts were found nowhere.
fn silent(good: &[(String, String)], tenant: usize) -> BTreeSet<&'static str> {
    let own = canary(tenant);
    let spoken: Vec<&str> = good
        .iter()
        .filter(|(_, body)| body.contains(&own))
        .map(|(address, _)| address.split('?').next().unwrap_or_default())
        .collect();
    let speaks = |path: &str| match path.split_once('{') {
        None => spoken.contains(&path),
        Some((start, rest)) => {
            let end = rest.split_once('}').map_or("", |(_, end)| end);
            let whole = |id: &str| !id.contains('/');
            spoken.iter().any(|at| at.strip_prefix(start).and_then(|at| at.strip_suffix(end)).is_some_and(whole))
        }
    };
    ROUTES.iter().map(|route| route.path).filter(|path| !speaks(path)).collect()
}

/// Sums and charts have no names in them; the harvest is the operators', and links for auditors are not customers' to make.
fn may_be_silent(path: &str) -> bool {
    ["trend", "harvest", "auditors", "auditor_links"].iter().any(|word| path.contains(word))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_finds_nothing_of_any_other() {
    let mut silent_for_all: BTreeSet<&str> = ROUTES.iter().map(|route| route.path).collect();
    for tenant in 0..TENANTS.len() {
        let good = crawl(tenants().customer(tenant), &[tenant]).await;
        let silent = silent(&good, tenant);
        silent_for_all.retain(|path| silent.contains(path) && !may_be_silent(path));
        for word in OWN {
            assert!(good.iter().any(|(_, body)| body.contains(word)), "`{word}` was found nowhere");
        }
    }
    assert!(silent_for_all.is_empty(), "nobody's texts were found at {silent_for_all:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_manager_finds_the_assigned_customers_only() {
    let good = crawl(manager(), &MANAGED).await;
    for tenant in MANAGED {
        let silent = silent(&good, tenant);
        assert!(silent.len() < ROUTES.len() / 2, "{silent:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_finds_one_customer_on_one_day() {
    let good = crawl(tenants().auditor(1, FIRST_DAY), &[1]).await;
    let silent = silent(&good, 1);
    assert!(silent.len() < ROUTES.len() / 2, "{silent:?}");
    // What another day shows is refused, not shown as of that one.
    let visitor = tenants().visitor(tenants().auditor(1, FIRST_DAY));
    let answer = visitor.get(&format!("/api/v1/instances?as_of={LAST_DAY}")).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "bad_request"));
    let now = visitor.get("/api/v1/instances").await.body;
    let then = visitor.get(&format!("/api/v1/instances?as_of={FIRST_DAY}")).await.body;
    assert_eq!(now, then);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_finds_anything_without_an_assignment_and_operators_find_all() {
    let nobody =
        crate::tenancy::tenants::person("unassigned", muster_access::principal::Role::AccountManager { only: None });
    crawl(nobody, &[]).await;
    let everybody: Vec<usize> = (0..TENANTS.len()).collect();
    let good = crawl(operator(), &everybody).await;
    for tenant in everybody {
        let silent = silent(&good, tenant);
        let harvest: Vec<_> = silent.iter().filter(|path| path.contains("harvest")).collect();
        assert!(harvest.is_empty() && silent.len() < ROUTES.len() / 2, "{silent:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_signed_in_is_shown_nothing() {
    let tenants = tenants();
    let visitor = Visitor::new(&tenants.state());
    for route in ROUTES {
        for asked in questions(tenants, route, &[0]).into_iter().step_by(7) {
            let answer = visitor.get(&asked.address).await;
            let refused = [StatusCode::UNAUTHORIZED, StatusCode::SEE_OTHER].contains(&answer.status);
            assert!(refused && !said(&asked, &answer).contains("CANARY"), "{}: {}", asked.address, answer.status);
        }
    }
}
