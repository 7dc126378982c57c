//! Whether a store is whole: no harvest in it by halves, no history with a gap.

use muster_server::store::{connection::Store, error::StoreError, whole::TORN};

pub const HARVESTS: &str = "SELECT count(*) FROM harvest";

pub async fn figure(store: &Store, sql: &'static str) -> i64 {
    let figure = store.read("a figure", move |connection| {
        connection.query_row(sql, [], |row| row.get(0)).map_err(StoreError::read("a figure"))
    });
    figure.await.unwrap_or_else(|error| panic!("{sql}: {error:?}"))
}

pub async fn assert_whole(store: &Store, after: &str) {
    for (what, sql) in TORN {
        assert_eq!(figure(store, sql).await, 0, "{after}: {what}");
    }
}
