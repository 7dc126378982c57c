//! Checks the consistency of a store: no partial harvest, no gap in a history.

use muster_metrics::{listed_instances, listed_software};
use muster_store::{connection::Store, error::StoreError, integrity::violations_in_slices};

/// Few enough that the small estate has several slices.
const TRANSITIONS_AT_ONCE: i64 = 500;

pub const HARVESTS: &str = "SELECT count(*) FROM harvest";

/// SQL that rebuilds the rows of lists after a change that no harvest made.
pub fn rebuild_lists_sql() -> String {
    format!(
        "DELETE FROM listed_instance; INSERT INTO listed_instance BY NAME {};
         DELETE FROM listed_software; INSERT INTO listed_software BY NAME {}",
        listed_instances(),
        listed_software("FROM listed_instance", "true")
    )
}

pub async fn figure(store: &Store, sql: &'static str) -> i64 {
    let figure = store.read("a figure", move |connection| {
        connection.query_row(sql, [], |row| row.get(0)).map_err(StoreError::read("a figure"))
    });
    figure.await.unwrap_or_else(|error| panic!("{sql}: {error:?}"))
}

pub async fn assert_consistent(store: &Store, after: &str) {
    for (what, rows) in store
        .read("integrity checks", |connection| violations_in_slices(connection, TRANSITIONS_AT_ONCE))
        .await
        .expect("the store reads")
    {
        assert_eq!(rows, 0, "{after}: {what}");
    }
}
