//! Whether a store is whole: no harvest in it by halves, no history with a gap.

use muster_server::store::{connection::Store, error::StoreError};

pub const HARVESTS: &str = "SELECT count(*) FROM harvest";

/// Questions that each count the rows of something that must not be.
const TORN: [(&str, &str); 7] = [
    (
        "harvests with another number of transitions than they recorded",
        "SELECT count(*) FROM harvest h WHERE h.transitions <> (
             SELECT count(*) FROM transition t JOIN scan s USING (scan_key) WHERE s.harvest_id = h.harvest_id)",
    ),
    (
        "transitions that do not continue from the state before",
        "SELECT count(*) FROM (
             SELECT from_state, lag(to_state) OVER (PARTITION BY instance_key, patch_key ORDER BY scan_key) AS before
             FROM transition) WHERE from_state IS DISTINCT FROM before",
    ),
    (
        "updates in another state than their last transition's",
        "SELECT count(*) FROM (
             SELECT instance_key, patch_key, last(to_state ORDER BY scan_key) AS state FROM transition GROUP BY ALL
         ) t FULL JOIN instance_update u USING (instance_key, patch_key) WHERE t.state IS DISTINCT FROM u.state",
    ),
    (
        "transitions without a scan, or of an unknown instance or patch",
        "SELECT count(*) FROM transition t LEFT JOIN scan s USING (scan_key)
             LEFT JOIN instance i ON i.instance_key = t.instance_key LEFT JOIN patch p ON p.patch_key = t.patch_key
         WHERE s.scan_key IS NULL OR i.instance_key IS NULL OR p.patch_key IS NULL",
    ),
    ("keys given to two harvests", "SELECT count(*) - count(DISTINCT harvest_id) FROM harvest"),
    ("keys given to two instances", "SELECT count(*) - count(DISTINCT instance_key) FROM instance"),
    ("keys given to two patches", "SELECT count(*) - count(DISTINCT patch_key) FROM patch"),
];

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
