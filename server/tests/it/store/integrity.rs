//! Whether a store is whole: no harvest in it by halves, no history with a gap.

use muster_metrics::listed_instances;
use muster_store::{connection::Store, error::StoreError, integrity::violations_in_slices};

/// So few that the small estate is looked at in several parts.
const TRANSITIONS_AT_ONCE: i64 = 500;

pub const HARVESTS: &str = "SELECT count(*) FROM harvest";

/// Makes the rows of lists anew after a change that no harvest made.
pub fn relist() -> String {
    format!("DELETE FROM listed_instance; INSERT INTO listed_instance BY NAME {}", listed_instances())
}

pub async fn figure(store: &Store, sql: &'static str) -> i64 {
    let figure = store.read("a figure", move |connection| {
        connection.query_row(sql, [], |row| row.get(0)).map_err(StoreError::read("a figure"))
    });
    figure.await.unwrap_or_else(|error| panic!("{sql}: {error:?}"))
}

pub async fn assert_whole(store: &Store, after: &str) {
    for (what, rows) in store
        .read("whether it is whole", |connection| violations_in_slices(connection, TRANSITIONS_AT_ONCE))
        .await
        .expect("answers")
    {
        assert_eq!(rows, 0, "{after}: {what}");
    }
}
