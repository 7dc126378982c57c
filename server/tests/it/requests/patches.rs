//! Updates by patch: each figure equals its linked rows, and the page of a patch agrees with the histories of instances.

use crate::{
    requests::routes::encoded,
    support::world::{get, get_json, harvested},
    tenancy::tenants::tenants,
};
use axum::http::StatusCode;
use muster_access::principal::Principal;
use muster_model::{
    Exact,
    column::Columns,
    filter::{Direction, Order, PatchFilter, UpdateFilter},
    instance::StateCount,
    page::Window,
    patch::PatchRow,
    ports::Reports,
    transition::TransitionKind,
};
use serde_json::Value;
use std::collections::BTreeSet;

const FILTERS: [&str; 5] = ["", "state=Installed", "due=overdue", "severity=important", "q=kernel"];

async fn patches(query: &str) -> Vec<PatchRow> {
    let reports = harvested().reports(&Principal::local());
    let query = format!("{query}&per_page=500");
    reports
        .patches(PatchFilter::from_query(query.trim_start_matches('&')).expect("a filter"))
        .await
        .expect("patches")
        .rows
}

async fn total(filter: &UpdateFilter) -> u64 {
    get_json(&format!("/api/v1/updates?{}", filter.to_query())).await["total"].as_u64().expect("a total")
}

/// The updates that a row counts.
fn counted(filter: &PatchFilter, row: &PatchRow) -> UpdateFilter {
    let (name, title) = (Some(Exact::new(row.name.clone())), Some(Exact::new(row.title.clone())));
    UpdateFilter { name, title, ..filter.updates() }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_figure_equals_its_linked_rows_and_all_add_up() {
    for query in FILTERS {
        let filter = PatchFilter::from_query(query).expect("a filter");
        let rows = patches(query).await;
        assert!(!rows.is_empty(), "{query}");
        let all = total(&filter.updates()).await;
        assert_eq!(rows.iter().map(|row| row.instances).sum::<u64>(), all, "{query}");
        assert!(rows.iter().flat_map(|row| &row.cve_ids).all(|cve| !cve.contains(',')), "{query}");
        for row in rows.iter().step_by(5) {
            assert_eq!(total(&counted(&filter, row)).await, row.instances, "{query}: {row:?}");
            if query.is_empty() {
                let failed = UpdateFilter::from_query("state=Failed").expect("a filter").states;
                assert_eq!(total(&UpdateFilter { states: failed, ..counted(&filter, row) }).await, row.failed);
                let due = UpdateFilter::from_query("due=overdue").expect("a filter").due;
                assert_eq!(total(&UpdateFilter { due, ..counted(&filter, row) }).await, row.overdue, "{row:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_order_can_be_reversed_and_pages_hold_every_row_once() {
    let all: BTreeSet<(String, String)> = patches("").await.into_iter().map(|row| (row.title, row.name)).collect();
    for column in Order::<PatchRow>::columns() {
        let of = |direction: Direction| format!("sort={}&dir={}", column.key, direction.code());
        let (up, down) = (patches(&of(Direction::Ascending)).await, patches(&of(Direction::Descending)).await);
        let place = PatchRow::columns().iter().position(|other| other.name == column.name).expect("a column");
        let known = |rows: &[PatchRow]| {
            let values = rows.iter().map(|row| row.values().swap_remove(place).text().into_owned());
            values.filter(|value| !value.is_empty()).collect::<Vec<_>>()
        };
        let mut reversed = known(&down);
        reversed.reverse();
        // Among severities of the same rank, the order is that of titles either way.
        if column.key != "severity" {
            assert_eq!(known(&up), reversed, "{}", column.key);
        }
        let path = |page: u32| format!("/api/v1/patches?{}&per_page=7&page={page}", of(Direction::Descending));
        let mut seen = BTreeSet::new();
        for page in 1.. {
            let rows = get_json(&path(page)).await["rows"].as_array().expect("rows").clone();
            if rows.is_empty() {
                break;
            }
            for row in rows {
                let text = |key: &str| row[key].as_str().expect("text").to_owned();
                assert!(seen.insert((text("title"), text("name"))), "{}: {row}", column.key);
            }
        }
        assert_eq!(seen, all, "{}", column.key);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_patch_agrees_with_the_histories_of_its_instances() {
    let reports = harvested().reports(&Principal::local());
    for row in patches("").await.into_iter().step_by(6) {
        let filter = counted(&PatchFilter::default().in_any_state(), &row);
        let of_page = PatchFilter { name: filter.name.clone(), title: filter.title.clone(), ..PatchFilter::default() };
        let page = reports.patch(of_page).await.expect("a patch");
        assert_eq!(page.patches.len(), 1, "{row:?}");
        let states: u64 = page.states.iter().map(|count| count.updates).sum();
        assert_eq!((states, page.patches[0].instances), (total(&filter).await, states), "{row:?}");
        for StateCount { state, updates } in &page.states {
            let of_state = UpdateFilter { states: vec![state.clone()], ..filter.clone() };
            assert_eq!(total(&of_state).await, *updates, "{state:?} of {row:?}");
        }
        let lacking: u64 = page.accounts.iter().map(|account| account.missing + account.failed).sum();
        assert_eq!(lacking, row.instances, "{row:?}");
        let last = page.curve.rows.first().expect("a day");
        assert_eq!(last[1], row.instances.to_string(), "who lacks it today is on the curve: {row:?}");

        let instances = get_json(&format!("/api/v1/updates?{}&per_page=500", filter.to_query())).await;
        let mut failed = 0;
        for update in instances["rows"].as_array().expect("rows") {
            failed += u64::from(failed_once(update, &row).await);
        }
        // Instances that are gone count in the outcome, and are in no list.
        assert!(page.outcome.failed >= failed && page.outcome.attempted >= page.outcome.failed, "{row:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_counts_each_instance_once() {
    let source = &tenants().source;
    let reports = source.for_scope(Principal::local().scope());
    let any = PatchFilter { window: Window { offset: 0, limit: 500 }, ..PatchFilter::default() }.in_any_state();
    let (mut attempted, mut failed) = (0, 0);
    for row in reports.patches(any).await.expect("patches").rows {
        let of_page = PatchFilter { name: Some(Exact::new(row.name.clone())), ..PatchFilter::default() };
        let outcome = reports.patch(of_page).await.expect("a patch").outcome;
        assert!(outcome.failed <= outcome.attempted && outcome.regressed <= outcome.attempted, "{row:?}");
        (attempted, failed) = (attempted + outcome.attempted, failed + outcome.failed);
    }
    assert!(attempted > failed, "some were installed: {attempted}, {failed}");
}

/// Whether the update ever failed on the instance, by the history of the instance.
async fn failed_once(update: &Value, patch: &PatchRow) -> bool {
    let id = update["instance_id"].as_str().expect("an id");
    let history = get_json(&format!("/api/v1/instances/{id}/history?per_page=500")).await;
    let of_patch =
        |row: &&Value| row["name"] == patch.name.as_str() && row["description"] == patch.description.as_str();
    let kinds = [TransitionKind::Failed, TransitionKind::Attempted].map(|kind| Value::from(kind.code()));
    let is_failure = |row: &Value| row["to_state"] == "Failed" || kinds.contains(&row["kind"]);
    history["rows"].as_array().expect("rows").iter().filter(of_patch).any(is_failure)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_patch_takes_its_name_in_the_path_and_nothing_unknown() {
    let row = patches("").await.swap_remove(0);
    let name = encoded(&row.name);
    let router = harvested().router();
    let (status, html) = get(router.clone(), &format!("/updates/{name}")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("Updates by state") && html.contains("<svg"), "{html}");
    assert_eq!(get(router.clone(), "/updates/no-such-package.x86_64").await.0, StatusCode::NOT_FOUND);
    assert_eq!(get(router.clone(), &format!("/updates/{name}?title=another")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(get(router, &format!("/updates/{name}?status=failed")).await.0, StatusCode::BAD_REQUEST);
}
