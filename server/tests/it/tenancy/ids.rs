//! Addresses with an id: an id of another customer gets exactly the answer of an unknown id. And sums, choices and combined
//! scopes.

use crate::{
    requests::routes::{About, ROUTES, Takes, spellings},
    support::visitor::Answer,
    tenancy::tenants::{FIRST_DAY, TENANTS, Tenants, operator, tenants},
};
use axum::http::StatusCode;
use muster_model::patch_status::PatchStatus;
use serde_json::Value;
use std::collections::BTreeSet;

const ABSENT_INSTANCE: &str = "mi-00000000000000000";
const ABSENT_ACCOUNT: &str = "org-ABSENT-T9";
const ABSENT_PATCH: &str = "absent.x86_64";
const ABSENT_ENROLLMENT: &str = "enr-000000000000000000000000";
const ABSENT_RUN: &str = "00000000-0000-4000-8000-000000000000";

/// Status, headers and body of an answer, with the requested id replaced by `ID`.
fn without_id(id: &str, answer: &Answer) -> (StatusCode, Vec<(String, String)>, String) {
    let neutral = |text: &str| spellings(id).iter().fold(text.to_owned(), |text, id| text.replace(id, "ID"));
    let headers = answer.headers.iter().filter(|(name, _)| *name != "content-security-policy");
    let headers = headers.map(|(name, value)| (name.to_string(), neutral(&String::from_utf8_lossy(value.as_bytes()))));
    // Ids differ in length, and so do answers.
    let headers = headers.filter(|(name, _)| name != "content-length").collect();
    (answer.status, headers, neutral(&answer.without_nonce()))
}

fn ids(tenants: &Tenants, about: About, tenant: usize) -> (String, &'static str) {
    let absent = match about {
        About::Account => ABSENT_ACCOUNT,
        About::Patch => ABSENT_PATCH,
        About::Run => ABSENT_RUN,
        About::Enrollment => ABSENT_ENROLLMENT,
        About::Everything | About::Instance => ABSENT_INSTANCE,
    };
    (tenants.all[tenant].id(about).to_owned(), absent)
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_other_customers_are_answered_exactly_as_unknown_ids() {
    let tenants = tenants();
    let visitor = tenants.visitor(tenants.customer(0));
    let mut addresses = 0;
    for route in ROUTES.iter().filter(|route| route.about != About::Everything) {
        let (own, absent) = ids(tenants, route.about, 0);
        for query in route.query_strings().into_iter().chain([format!("as_of={FIRST_DAY}")]) {
            addresses += 1;
            let address = |id: &str| route.address(id, &query);
            let own_answer = visitor.get(&address(&own)).await;
            // It may not have existed yet on the first day.
            let is_of_operators = route.about == About::Enrollment;
            let is_found = own_answer.status == StatusCode::OK || query.starts_with("as_of=") || is_of_operators;
            assert!(is_found, "{}: {} {}", address(&own), own_answer.status, own_answer.body);
            let absent_answer = visitor.get(&address(absent)).await;
            let unknown = without_id(absent, &absent_answer);
            for tenant in 1..TENANTS.len() {
                let (foreign, _) = ids(tenants, route.about, tenant);
                let answer = visitor.get(&address(&foreign)).await;
                assert_eq!(without_id(&foreign, &answer), unknown, "{}", address(&foreign));
            }
            // The lists of an instance by server functions are empty for an unknown id; all other addresses answer 404.
            let is_list = route.takes == Takes::ServerFunction && route.about == About::Instance;
            assert_eq!(unknown.0, if is_list { StatusCode::OK } else { StatusCode::NOT_FOUND }, "{}", address(absent));
        }
    }
    assert!(addresses > 20, "{addresses}");
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_by_ids_of_other_customers_are_answered_as_unknown_ids() {
    let tenants = tenants();
    let visitor = tenants.visitor(tenants.customer(0));
    for route in ROUTES.iter().filter(|route| route.path.starts_with("/api/v1/") || route.path.starts_with("/export/"))
    {
        for key in route.texts.iter().filter(|key| ["customer", "account", "instance", "q"].contains(key)) {
            let (foreign, absent) = match *key {
                "customer" => (tenants.all[1].customer_id.as_str(), "c-absent"),
                "account" => (tenants.all[1].account_id.as_str(), ABSENT_ACCOUNT),
                "q" => ("CANARY-T2", "CANARY-T9"),
                _ => (tenants.all[1].instances[0].as_str(), ABSENT_INSTANCE),
            };
            let id = tenants.all[0].instances[0].as_str();
            let address = |value: &str| route.address(id, &format!("{key}={value}"));
            let (one, other) = (visitor.get(&address(foreign)).await, visitor.get(&address(absent)).await);
            assert_eq!(without_id(foreign, &one), without_id(absent, &other), "{}", address(foreign));
        }
    }
}

async fn json(identity: muster_access::principal::Identity, path: &str) -> Value {
    let answer = tenants().visitor(identity).get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    serde_json::from_str(&answer.body).expect("JSON")
}

/// Lists that a scope of several customers combines.
const LISTS: [&str; 6] = [
    "/api/v1/accounts?per_page=500",
    "/api/v1/instances?per_page=500",
    "/api/v1/updates?per_page=500&state=Missing,Failed",
    "/api/v1/changes?since=2025-11-20&per_page=500",
    "/api/v1/instances?per_page=500&as_of=2025-11-20",
    "/api/v1/updates?per_page=500&state=Missing,Failed&as_of=2025-11-21",
];

fn rows(page: &Value) -> BTreeSet<String> {
    let rows = page["rows"].as_array().expect("rows");
    assert_eq!(page["total"], rows.len(), "the list has more pages");
    rows.iter().map(ToString::to_string).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_of_two_customers_shows_the_union_of_both() {
    for path in LISTS {
        let mut all = BTreeSet::new();
        for (one, other) in [(0, 1), (1, 2), (2, 3), (0, 3)] {
            let both = rows(&json(tenants().customers(&[one, other]), path).await);
            let mut parts = rows(&json(tenants().customer(one), path).await);
            let other_rows = rows(&json(tenants().customer(other), path).await);
            assert!(parts.is_disjoint(&other_rows), "{path}");
            parts.extend(other_rows);
            assert_eq!(both, parts, "{path}");
            all.extend(parts);
        }
        assert!(!all.is_empty(), "{path} shows nothing");
        assert_eq!(rows(&json(operator(), path).await), all, "{path}");
        let nobody = json(tenants().customers(&[]), path).await;
        assert!(rows(&nobody).is_empty(), "{path}: {nobody}");
    }
}

/// The figures of the overview and of the choices count only rows in the scope.
#[tokio::test(flavor = "multi_thread")]
async fn counters_and_choices_are_sums_over_rows_in_scope() {
    let mut shown = 0;
    for scope in [vec![0], vec![3], vec![1, 2], (0..TENANTS.len()).collect()] {
        let identity = || tenants().customers(&scope);
        let instances = json(identity(), "/api/v1/instances?per_page=500").await;
        let updates = json(identity(), "/api/v1/updates?per_page=500&state=Missing,Failed").await;
        let overview = json(identity(), "/rpc/overview?query=").await;
        let listed = instances["rows"].as_array().expect("instances");
        assert_eq!(instances["total"], listed.len());
        let count = |field: &str, value: &Value| listed.iter().filter(|row| row[field] == *value).count() as u64;
        let fleet = &overview["fleet"];
        assert_eq!(fleet["instances"], listed.len());
        assert_eq!(fleet["accounts"], scope.len());
        assert_eq!(fleet["online_instances"], count("online", &Value::Bool(true)));
        assert_eq!(fleet["pending_agent_updates"], count("agent_is_latest", &Value::Bool(false)));
        assert_eq!(fleet["pending_os_updates"], updates["total"]);
        for status in PatchStatus::ALL.map(PatchStatus::code) {
            assert_eq!(overview["status"][status], count("patch_status", &status.into()), "{status}");
        }
        for (choices, field) in [
            ("customers", "customer_id"),
            ("providers", "provider"),
            ("accounts", "account_id"),
            ("platforms", "platform_name"),
            ("patch_groups", "patch_group"),
        ] {
            let choices = overview["choices"][choices].as_array().expect("choices");
            let mut sum = 0;
            for choice in choices {
                let code = if choice["code"] == "\\none" { "".into() } else { choice["code"].clone() };
                assert_eq!(choice["instances"], count(field, &code), "{field} {code}");
                sum += count(field, &code);
            }
            assert_eq!(sum, listed.len() as u64, "{field}");
        }
        let severities = overview["severities"].as_array().expect("severities");
        let pending: u64 = severities.iter().filter_map(|row| row["pending_os_updates"].as_u64()).sum();
        assert_eq!(updates["total"], pending);
        let missing = overview["top_missing"].as_array().expect("top missing");
        assert!(missing.iter().all(|row| row["instances"].as_u64() <= Some(listed.len() as u64)));
        let level = json(identity(), "/api/v1/service-level").await;
        assert_eq!(level["totals"]["open"], updates["total"]);
        let changes = json(identity(), "/rpc/changes?query=since%3D2025-11-20%26per_page%3D500").await;
        let (changed, rows) = (&changes["accounts"], changes["rows"]["rows"].as_array().expect("changes"));
        let mut sum = 0;
        for account in changed.as_array().expect("accounts") {
            let counts = account["counts"].as_object().expect("counts").values().filter_map(Value::as_u64).sum::<u64>();
            let own = rows.iter().filter(|row| row["account_id"] == account["account_id"]).count();
            assert_eq!(counts, own as u64, "{account}");
            sum += counts;
        }
        assert_eq!(changes["rows"]["total"], sum, "{changed}");
        shown += sum;
    }
    assert!(shown > 10, "only {shown} changes were counted");
}
