//! The statements that the pages of one instance need. Planning a statement takes longer than reading the rows of an
//! instance, so each page finds the instance in the scope once, and then reads by key.

use crate::support::world::World;
use muster_access::principal::Principal;
use muster_model::{
    filter::{HistoryFilter, InstanceFilter, UpdateFilter},
    ids::InstanceId,
    ports::Reports,
};
use muster_reports::ScopedReports;
use muster_store::{connection::Store, error::StoreError};

/// The tables of an expression that holds only what is in scope.
const WHOLE_SCOPE: &str = "region_state AS";
/// The largest statement by key, in characters.
const BY_KEY_CHARS_MAX: usize = 3_500;

/// A page with its greatest number of statements, and how many of them read the whole scope.
const PAGES: [(&str, usize, usize); 5] =
    [("facts", 18, 2), ("updates", 4, 2), ("history", 4, 2), ("software", 4, 2), ("runs", 4, 2)];

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_an_instance_read_the_scope_once_and_then_by_key() {
    let world = World::small().await;
    world.harvest().await;
    let reports = world.source().for_scope(Principal::local().scope());
    let instances = reports.instances(InstanceFilter::default()).await.expect("a list").rows;
    let store = &world.source().store;
    logged(store, "CALL enable_logging('QueryLog')").await;
    for (page, count_max, scoped_max) in PAGES {
        for instance in &instances {
            logged(store, "CALL truncate_duckdb_logs()").await;
            read(&reports, page, &instance.instance_id).await;
            let statements = logged(store, "SELECT message FROM duckdb_logs WHERE type = 'QueryLog'").await;
            let statements: Vec<&String> =
                statements.iter().filter(|sql| sql.contains("FROM ") && !sql.contains("duckdb_logs")).collect();
            let (scoped, by_key): (Vec<&String>, Vec<_>) = statements.iter().partition(|sql| sql.contains(WHOLE_SCOPE));
            assert!(!scoped.is_empty(), "{page}");
            assert!(
                statements.len() <= count_max && scoped.len() <= scoped_max,
                "{page}: {} {}\n{statements:#?}",
                statements.len(),
                scoped.len()
            );
            let _ = by_key;
        }
    }
}

async fn read(reports: &ScopedReports, page: &str, instance: &InstanceId) {
    let filter = HistoryFilter::of(instance.clone());
    let updates = UpdateFilter { instance: Some(instance.clone()), ..UpdateFilter::default() };
    match page {
        "facts" => drop(reports.instance(instance.clone()).await.expect(page)),
        "updates" => drop(reports.updates(updates).await.expect(page)),
        "history" => drop(reports.history(filter).await.expect(page)),
        "software" => drop(reports.software(filter).await.expect(page)),
        _ => drop(reports.runs(filter).await.expect(page)),
    }
}

/// Runs a statement and returns the first column.
async fn logged(store: &Store, sql: &'static str) -> Vec<String> {
    let read = move |connection: &duckdb::Connection| -> Result<Vec<String>, StoreError> {
        let texts = || -> duckdb::Result<Vec<String>> {
            connection.prepare(sql)?.query_map([], |row| Ok(row.get(0).unwrap_or_default()))?.collect()
        };
        texts().map_err(StoreError::read("the log of statements"))
    };
    store.read("the log of statements", read).await.expect(sql)
}
