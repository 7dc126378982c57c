//! Silence is never good news: what was never harvested is unknown, a filter that selects no account says so, and one
//! vocabulary of freshness leads to one list.

use crate::support::world::{World, customer, get, portal};
use axum::http::StatusCode;
use muster_access::principal::{Identity, Principal};
use muster_model::{filter::AccountFilter, freshness::HarvestState, ports::Reports};
use muster_simulator::{Fault, FaultKind};
use muster_verify::{Extent, verify};
use serde_json::Value;

/// What only someone who knows may say, and figures.
const CLAIMS: [&str; 13] = [
    "All approved updates",
    "Nothing needs attention",
    "No missing updates",
    "No pending update is due",
    "No pending updates so far",
    "No upcoming breaches",
    "No changes",
    "No runs",
    "No associations",
    "No maintenance windows",
    "found no instances",
    "There are no VMs",
    "class=\"figure",
];
const LISTS: [&str; 9] = [
    "/calendar",
    "/coverage",
    "/exceptions",
    "/instances",
    "/updates",
    "/updates/list",
    "/service-level",
    "/changes",
    "/trends",
];

async fn page(world: &World, identity: Identity, path: &str) -> String {
    let (status, body) = get(portal(&world.source(), identity), path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    body
}

fn assert_claims_nothing(path: &str, body: &str) {
    for claim in CLAIMS {
        assert!(!body.contains(claim), "{path} says `{claim}`: {body}");
    }
}

/// Two accounts, the first of which never lets anybody in.
async fn half_harvested() -> World {
    let world = World::generated(2, 2, 6).await;
    let fault = Fault::everywhere(FaultKind::AccessDenied);
    world.simulator.set_fault(fault.in_account(&world.account(0).systems_account));
    world.harvest().await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_harvested_is_unknown_on_every_page() {
    let world = half_harvested().await;
    let account = world.account(0).clone();
    let id = &account.account_id;
    for (role, remedy) in
        [(Principal::local(), "/harvest?state=never"), (customer(&account.customer_id), "Ask the operators")]
    {
        let lists = LISTS.map(|list| format!("{list}?account={id}"));
        for path in lists.into_iter().chain([format!("/accounts/{id}")]) {
            let body = page(&world, role.identity.clone(), &path).await;
            assert_claims_nothing(&path, &body);
            assert!(body.contains("never harvested") && body.contains(remedy), "{path}: {body}");
        }
    }
    let overview = page(&world, Principal::local().identity, "/").await;
    assert!(overview.contains("1 never harvested") && overview.contains("\u{2014}<span"), "{overview}");
    let row: Value =
        serde_json::from_str(&page(&world, Principal::local().identity, "/api/v1/accounts?harvest=never").await)
            .expect("JSON");
    assert_eq!((&row["rows"][0]["account_id"], &row["total"]), (&Value::from(id.to_string()), &Value::from(1)));
    let list: Value = serde_json::from_str(
        &page(&world, Principal::local().identity, &format!("/api/v1/instances?account={id}")).await,
    )
    .expect("JSON");
    assert_eq!((&list["accounts"], &list["accounts_never"], &list["as_of"]), (&1.into(), &1.into(), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_selects_no_account_says_so_on_every_page() {
    let world = half_harvested().await;
    for filter in ["customer=nobody", "provider=nowhere", "customer=nobody&provider=aws"] {
        for list in LISTS.into_iter().chain(["/", "/customers"]) {
            let path = format!("{list}?{filter}");
            let body = page(&world, Principal::local().identity, &path).await;
            assert_claims_nothing(&path, &body);
            assert!(body.contains("No account matches these filters."), "{path}: {body}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_number_of_accounts_leads_to_exactly_these_accounts() {
    let world = World::generated(5, 2, 4).await;
    let deny = |fault: Fault, index: usize| {
        world.simulator.set_fault(fault.in_account(&world.account(index).systems_account));
    };
    let everything = || Fault::everywhere(FaultKind::AccessDenied);
    deny(everything(), 0);
    deny(Fault::on("ListAssociations", FaultKind::AccessDenied), 1);
    world.harvest().await;
    deny(everything(), 2);
    world.forget_sessions();
    world.harvest().await;
    let source = world.source();
    let reports = source.for_scope(Principal::local().scope());
    let overview = reports.overview(AccountFilter::default()).await.expect("the overview");
    let body = page(&world, Principal::local().identity, "/").await;
    let expected = [2, 1, 0, 1, 1];
    for (state, expected) in HarvestState::ALL.into_iter().zip(expected) {
        assert_eq!(overview.freshness.accounts_in(state), expected, "{state:?}");
        let filter = AccountFilter { harvest: Some(state), ..AccountFilter::default() };
        assert_eq!(reports.accounts(filter).await.expect("accounts").total, expected, "{state:?}");
        let is_shown = expected > 0 || state == HarvestState::Fresh;
        assert_eq!(body.contains(&format!("href=\"/?harvest={}\"", state.code())), is_shown, "{state:?}: {body}");
    }
    let verification = verify(&source, Extent::WHOLE).await.expect("a verification");
    assert_eq!(verification.first, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_read_in_part_was_harvested() {
    let world = World::generated(1, 1, 3).await;
    world.simulator.set_fault(Fault::on("ListAssociations", FaultKind::AccessDenied));
    world.harvest().await;
    let id = world.account(0).account_id.clone();
    for path in [format!("/accounts/{id}"), "/".to_owned()] {
        let body = page(&world, Principal::local().identity, &path).await;
        assert!(!body.to_lowercase().contains("never harvested"), "{path}: {body}");
    }
    let body = page(&world, Principal::local().identity, &format!("/accounts/{id}")).await;
    assert!(body.contains("could not read this") && !body.contains("No associations"), "{body}");
}
