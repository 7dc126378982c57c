//! Compaction: completed months are sorted by instance; no page changes, and readers are neither blocked nor affected.

use crate::{
    store::integrity::assert_consistent,
    support::{
        table::rows,
        world::{World, get},
    },
};
use axum::http::StatusCode;
use jiff::civil::Date;
use muster_core::clock::Clock;
use muster_store::{
    compact::{compact, compact_in_slices},
    connection::Writer,
    error::StoreError,
    value::day_of,
};

/// The tables that compaction sorts.
const SORTED_TABLES: [&str; 8] = [
    "instance_update",
    "invocation",
    "past_instance_ping",
    "past_instance_update",
    "past_patch_operation",
    "past_patch_state",
    "scan",
    "transition",
];

/// Few enough that the small estate has several slices.
const ROWS_PER_SLICE: i64 = 50;

/// Lists and files that are compared on every past day.
const PATHS: [&str; 6] = [
    "/api/v1/accounts",
    "/api/v1/harvest",
    "/api/v1/instances?per_page=500&sort=last_ping_at",
    "/export/instances.csv",
    "/export/updates.csv",
    "/api/v1/instances?run=failed&per_page=500",
];

/// Stored neighbours whose second row belongs to an earlier instance.
const UNSORTED_TRANSITIONS: &str = "SELECT count(*) FROM (
    SELECT instance_key, lag(instance_key) OVER (ORDER BY rowid) AS before FROM transition) WHERE instance_key < before";
const UNSORTED_UPDATES: &str = "SELECT count(*) FROM (
    SELECT instance_key, lag(instance_key) OVER (
        PARTITION BY state IN ('Missing', 'Failed'), starts_with(state, 'Installed') ORDER BY rowid) AS before
    FROM instance_update) WHERE instance_key < before";
/// How often a pending update is stored after one that is not pending.
const PENDING_BLOCKS: &str = "SELECT count(*) FILTER (pending AND before IS DISTINCT FROM pending) FROM (
    SELECT state IN ('Missing', 'Failed') AS pending, lag(pending) OVER (ORDER BY rowid) AS before FROM instance_update)";
/// Past rows of a single month that are stored after a row of a later month.
const UNSORTED_MONTHS: &str = "SELECT count(*) FROM (
    SELECT date_trunc('month', from_day) AS month, lag(month) OVER (ORDER BY rowid) AS before FROM past_patch_state
    WHERE date_trunc('month', from_day) = date_trunc('month', until_day - 1)) WHERE month < before";
/// Past rows that are stored after a row of a later day of their month.
const UNSORTED_DAYS: &str = "SELECT count(*) FROM (
    SELECT from_day, lag(from_day) OVER (PARTITION BY date_trunc('month', from_day) ORDER BY rowid) AS before
    FROM past_patch_state) WHERE from_day < before";
/// Pings of a single day that are stored after those of a later day or a later instance.
const UNSORTED_PINGS: &str = "SELECT count(*) FROM (
    SELECT row(from_day, instance_key) AS key, lag(key) OVER (PARTITION BY last_ping_at < from_day ORDER BY rowid) AS before
    FROM past_instance_ping WHERE until_day = from_day + 1) WHERE key < before";

/// How often run results of an account are stored after those of another account, beyond once for each account. Results
/// of the previous quarter are sorted separately.
const SCATTERED_RUNS: &str = "SELECT count(*) FILTER (account_id IS DISTINCT FROM before) - count(DISTINCT account_id)
    FROM (SELECT account_id, lag(account_id) OVER (ORDER BY rowid) AS before FROM invocation
          WHERE requested_at >= DATE '2025-10-01')";

/// The rows of the tables that compaction sorts, as text.
async fn stored(world: &World) -> Vec<(&'static str, Vec<[String; 1]>)> {
    let mut stored = Vec::new();
    for table in SORTED_TABLES {
        let sql: &'static str = format!("SELECT r::VARCHAR FROM {table} r ORDER BY ALL").leak();
        stored.push((table, rows::<1>(world, sql).await));
    }
    stored
}

/// What the paths show on each of these days.
async fn shown(world: &World, days: &[Date]) -> Vec<(String, (StatusCode, String))> {
    let mut shown = Vec::new();
    for (day, path) in days.iter().flat_map(|day| PATHS.map(|path| (day, path))) {
        let path = format!("{path}{}as_of={day}", if path.contains('?') { '&' } else { '?' });
        let response = get(world.router(), &path).await;
        shown.push((path, response));
    }
    shown
}

#[tokio::test(flavor = "multi_thread")]
async fn compaction_changes_no_page() {
    let world = World::small().await;
    let mut days = Vec::new();
    for number in 0..12 {
        days.push(day_of(world.clock.now()));
        // Some rows are valid for several days.
        if number != 7 {
            world.harvest().await;
        }
        world.next_day();
    }
    let before = shown(&world, &days).await;
    let before_compaction = stored(&world).await;
    assert!(before_compaction.iter().all(|(_, rows)| !rows.is_empty()));
    assert!(world.count(UNSORTED_TRANSITIONS).await > 1, "before compaction, rows are in the order of days");
    assert!(world.count(UNSORTED_UPDATES).await > 1, "before compaction, changed rows are stored last");
    assert!(world.count(SCATTERED_RUNS).await > 0, "before compaction, each harvest appends run results");

    let store = &world.harvester.store;
    let reader = store.begin_read(None).await.expect("a read transaction");
    let next_month = world.clock.now() + jiff::SignedDuration::from_hours(31 * 24);
    let sort = move |writer: &mut _| compact_in_slices(writer, next_month, ROWS_PER_SLICE);
    assert!(store.write("the history", sort).await.expect("sorted"));
    let unsorted = reader.read("unsorted", |connection| {
        connection.query_row(UNSORTED_TRANSITIONS, [], |row| row.get::<_, i64>(0)).map_err(StoreError::read("unsorted"))
    });
    assert!(unsorted.await.expect("a count") > 1, "an open read transaction keeps the old order");
    drop(reader);

    assert_eq!(
        world.count(UNSORTED_TRANSITIONS).await,
        0,
        "October and November are of one quarter and share one order"
    );
    assert_eq!(world.count(UNSORTED_UPDATES).await, 0);
    assert_eq!(world.count(PENDING_BLOCKS).await, 1);
    assert_eq!(world.count(SCATTERED_RUNS).await, 0);
    assert_eq!(world.count(UNSORTED_MONTHS).await, 0);
    assert_eq!(world.count(UNSORTED_PINGS).await, 0);
    assert!(world.count(UNSORTED_DAYS).await > 1, "within a month, rows are sorted by instance");
    let known = "SELECT count(*) FROM patch_operation WHERE updates_hash IS NOT NULL";
    assert_eq!(world.count(known).await, 0, "the next scan of each instance must be compared");
    for (after, before) in stored(&world).await.iter().zip(&before_compaction) {
        assert_eq!(after, before);
    }
    for (after, before) in shown(&world, &days).await.iter().zip(&before) {
        assert_eq!(after, before);
        assert_eq!(after.1.0, StatusCode::OK, "{}", after.0);
    }
    assert_consistent(store, "a compaction").await;
    assert!(!store.write("the history", move |writer| compact(writer, next_month)).await.expect("nothing to do"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rounds_compact_completed_months() {
    let world = World::small().await;
    let mut months = Vec::new();
    for _ in 0..10 {
        world.harvest().await;
        let [[sorted_until]] = rows::<1>(&world, "SELECT until_day FROM compaction").await.try_into().expect("a row");
        months.push(sorted_until);
        world.next_day();
    }
    months.dedup();
    assert_eq!(months, ["2025-10-01", "2025-11-01"]);
    let sorted = "SELECT count(*) FROM transition WHERE scan_key <= (SELECT scan_key FROM compaction)";
    assert!(world.count(sorted).await > 0);
    assert_consistent(&world.harvester.store, "rounds across the end of a month").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_scan_is_compared_once_a_month() {
    const WRONG: &str = "SELECT count(*) FROM instance_update WHERE cve_ids = 'wrong'";
    /// Makes every stored scan older, so that the next harvest has a newer one.
    const OLDER: &str = "UPDATE patch_operation SET operation_end_at = operation_end_at - INTERVAL 1 HOUR";
    let world = World::small().await;
    let store = &world.harvester.store;
    let run = async |sql: &'static str| {
        let statement =
            move |writer: &mut Writer| writer.connection().execute_batch(sql).map_err(StoreError::write("a statement"));
        store.write("a statement", statement).await.expect("done");
    };
    // The first round compacts the months before, even if they are empty.
    world.harvest().await;
    run(OLDER).await;
    world.harvest().await;
    run("UPDATE instance_update SET cve_ids = 'wrong'").await;
    run(OLDER).await;
    world.harvest().await;
    assert!(world.count(WRONG).await > 0, "an unchanged scan is not compared");
    let next_month = world.clock.now() + jiff::SignedDuration::from_hours(31 * 24);
    store.write("the history", move |writer| compact(writer, next_month)).await.expect("sorted");
    run(OLDER).await;
    world.harvest().await;
    assert_eq!(world.count(WRONG).await, 0);
}
