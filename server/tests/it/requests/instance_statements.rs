//! The statements that the pages of one instance need. Planning a statement takes longer than reading the rows of an
//! instance, so each page finds the instance in the scope once, and then reads by key.

use crate::support::world::World;
use muster_access::principal::Principal;
use muster_model::{
    filter::{InstanceFilter, OfInstance, UpdateFilter},
    ids::InstanceId,
    ports::Reports,
};
use muster_reports::ScopedReports;
use muster_store::{connection::Store, error::StoreError};

/// What a statement contains that reads the scope.
const SCOPE: &str = "region_state AS";

/// A page with its greatest number of statements, and how many of them read the scope: one finds the instance, one reads
/// the age of the figures, and one compares an instance with its other registrations. Its updates also ask whether its account has
/// exceptions.
const PAGES: [(&str, usize, usize); 5] =
    [("facts", 17, 3), ("updates", 6, 2), ("history", 4, 2), ("software", 4, 2), ("runs", 4, 2)];

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_an_instance_find_it_in_the_scope_once_and_then_read_by_key() {
    let world = World::small().await;
    world.harvest().await;
    let reports = world.source().for_scope(Principal::local().scope());
    let instances = reports.instances(InstanceFilter::default()).await.expect("a list").rows;
    let store = &world.source().store;
    run(store, "CALL enable_logging('QueryLog')").await;
    for (page, count_max, scoped_max) in PAGES {
        for instance in &instances {
            run(store, "CALL truncate_duckdb_logs()").await;
            read(&reports, page, &instance.instance_id).await;
            let logged = run(store, "SELECT message FROM duckdb_logs WHERE type = 'QueryLog'").await;
            // The first statement of a transaction is about `schema_version`.
            let is_read = |sql: &&String| {
                sql.contains("FROM ") && !sql.contains("duckdb_logs") && !sql.contains("schema_version")
            };
            let statements: Vec<&String> = logged.iter().filter(is_read).collect();
            let scoped = statements.iter().filter(|sql| sql.contains(SCOPE)).count();
            assert!(
                (1..=scoped_max).contains(&scoped) && statements.len() <= count_max,
                "{page}: {} statements, {scoped} of them on the scope: {statements:#?}",
                statements.len()
            );
        }
    }
}

async fn read(reports: &ScopedReports, page: &str, instance: &InstanceId) {
    let id = || instance.clone();
    let updates = UpdateFilter { instance: Some(instance.clone()), ..UpdateFilter::default() };
    match page {
        "facts" => drop(reports.instance(instance.clone()).await.expect(page)),
        "updates" => drop(reports.updates(updates).await.expect(page)),
        "history" => drop(reports.history(OfInstance::all(id())).await.expect(page)),
        "software" => drop(reports.software(OfInstance::all(id())).await.expect(page)),
        _ => drop(reports.runs(OfInstance::all(id())).await.expect(page)),
    }
}

/// Runs a statement and returns the texts in its first column.
async fn run(store: &Store, sql: &'static str) -> Vec<String> {
    let read = move |connection: &duckdb::Connection| -> Result<Vec<String>, StoreError> {
        let texts = || -> duckdb::Result<Vec<String>> {
            connection.prepare(sql)?.query_map([], |row| Ok(row.get(0).unwrap_or_default()))?.collect()
        };
        texts().map_err(StoreError::read("the log of statements"))
    };
    store.read("the log of statements", read).await.expect(sql)
}
