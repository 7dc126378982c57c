//! Searches find the rows with every word, and figures beside a filtered list are those of its rows.

use crate::support::world::{World, get_json};
use form_urlencoded::byte_serialize;
use muster_access::principal::Principal;
use muster_model::{
    filter::HarvestFilter,
    harvest::{HarvestPage, HarvestRow},
    ports::Reports,
};
use muster_simulator::{Fault, FaultKind};
use serde_json::Value;

/// Lists with a search, and the columns that it searches.
const SEARCHED: [(&str, &[&str]); 4] = [
    ("/api/v1/instances", &["name", "instance_id", "computer_name", "ip_address"]),
    ("/api/v1/accounts", &["account_name", "account_id", "customer_name"]),
    ("/api/v1/customers", &["customer_name", "customer_id"]),
    ("/api/v1/updates", &["description", "name", "cve_ids"]),
];
const ROWS_MAX: usize = 200;
/// Every how many rows one is searched by two words of it.
const STEP: usize = 7;

async fn rows(path: &str) -> Vec<Value> {
    get_json(path).await["rows"].as_array().expect("rows").clone()
}

fn text(row: &Value, column: &str) -> String {
    match &row[column] {
        Value::String(text) => text.to_lowercase(),
        Value::Null => String::new(),
        Value::Array(texts) => texts.iter().map(|text| text.as_str().expect("a text").to_lowercase()).collect(),
        other => panic!("{column} is {other}"),
    }
}

/// The last letters of a text, which usually are in the middle of what is searched.
fn end(text: &str) -> String {
    let word = text.split_whitespace().last().unwrap_or_default();
    word.chars().skip(word.chars().count() / 2).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_the_rows_with_every_word_in_any_column() {
    for (list, columns) in SEARCHED {
        let all = rows(&format!("{list}?per_page={ROWS_MAX}")).await;
        let mut fewer = 0;
        for row in all.iter().step_by(STEP) {
            let [first, second] = [0, 1].map(|column| end(&text(row, columns[column])));
            let words = [second, first.to_uppercase()];
            let question: String = byte_serialize(format!(" {} ", words.join("  ")).as_bytes()).collect();
            let found = rows(&format!("{list}?per_page={ROWS_MAX}&q={question}")).await;
            let matches = |row: &&Value| {
                let is_in =
                    |word: &String| columns.iter().any(|column| text(row, column).contains(&word.to_lowercase()));
                words.iter().all(is_in)
            };
            let expected: Vec<&Value> = all.iter().filter(matches).collect();
            if all.len() < ROWS_MAX {
                assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{list}: {words:?}");
            }
            assert!(found.contains(row), "{list}: {words:?}");
            assert_eq!(found.iter().filter(matches).count(), found.len(), "{list}: {words:?}");
            fewer += usize::from(found.len() < all.len());
        }
        assert!(fewer > 0, "{list}: no search narrows it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_of_harvests_are_those_of_the_rows_that_match() {
    let world = World::small().await;
    world.harvest().await;
    // The next round has harvests with and without errors.
    let denied = Fault::on("GetInventory", FaultKind::AccessDenied);
    world.simulator.set_fault(denied.in_account(&world.account(0).systems_account));
    world.next_day();
    world.harvest().await;
    let reports = world.source().for_scope(Principal::local().scope());
    let page = async |filter| reports.harvest(filter).await.expect("a page");
    let all = page(HarvestFilter::default()).await.rows;
    let has_errors = |row: &&HarvestRow| !row.errors.is_empty();
    assert!(all.iter().any(|row| has_errors(&row)) && !all.iter().all(|row| has_errors(&row)));
    let mut filters = vec![HarvestFilter::default()];
    for HarvestRow { account_id, state, errors, .. } in all {
        let any = HarvestFilter::default;
        filters.push(HarvestFilter { account: Some(account_id), ..any() });
        filters.push(HarvestFilter { state: Some(state), ..any() });
        filters.extend(errors.iter().map(|error| HarvestFilter { class: Some(error.class), ..any() }));
    }
    for filter in filters {
        let HarvestPage { rows, operations, .. } = page(filter.clone()).await;
        assert!(!rows.is_empty(), "{filter:?}");
        assert!(filter.class.is_none() || rows.iter().all(|row| has_errors(&row)), "{filter:?}");
        let of_operations: (u64, u64) =
            operations.iter().fold((0, 0), |(calls, rows), one| (calls + one.api_calls, rows + one.rows));
        let of_rows = rows.iter().fold((0, 0), |(calls, rows), one| (calls + one.api_calls, rows + one.rows));
        assert_eq!(of_operations, of_rows, "{filter:?}");
    }
}
