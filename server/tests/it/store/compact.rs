//! Months that are over are put in the order of instances; nothing else changes, and nobody who reads waits or notices.

use crate::{
    store::integrity::assert_whole,
    support::{
        table::rows,
        world::{World, get},
    },
};
use muster_core::clock::Clock;
use muster_store::{
    compact::{compact, compact_in_slices},
    connection::Writer,
    error::StoreError,
    value::day_of,
};

const TRANSITIONS: &str = "SELECT t.* FROM transition t ORDER BY ALL";
const PAST: &str = "SELECT * FROM past_instance_update ORDER BY ALL";

/// So few that the small estate's instances are in several.
const ROWS_PER_SLICE: i64 = 50;

const PRESENT: &str = "SELECT u.* FROM instance_update u ORDER BY ALL";
const RUNS: &str = "SELECT v.* FROM invocation v ORDER BY ALL";

/// Pairs of neighbours, as they are stored, of which the later belongs to an earlier instance.
const STEPS_BACK: &str = "SELECT count(*) FROM (
    SELECT instance_key, lag(instance_key) OVER (ORDER BY rowid) AS before FROM transition) WHERE instance_key < before";
const STEPS_BACK_NOW: &str = "SELECT count(*) FROM (
    SELECT instance_key, lag(instance_key) OVER (
        PARTITION BY state IN ('Missing', 'Failed'), starts_with(state, 'Installed') ORDER BY rowid) AS before
    FROM instance_update) WHERE instance_key < before";
/// How often, as they are stored, a pending update follows one that is not.
const PENDING_PLACES: &str = "SELECT count(*) FILTER (pending AND before IS DISTINCT FROM pending) FROM (
    SELECT state IN ('Missing', 'Failed') AS pending, lag(pending) OVER (ORDER BY rowid) AS before FROM instance_update)";
/// Rows of the past that were there in one month only, and lie after one of a later month.
const MONTHS_BACK: &str = "SELECT count(*) FROM (
    SELECT date_trunc('month', from_day) AS month, lag(month) OVER (ORDER BY rowid) AS before FROM past_instance_ping
    WHERE date_trunc('month', from_day) = date_trunc('month', until_day - 1)) WHERE month < before";
/// Days on which rows of the past began, and lie after one of a later day of their month.
const DAYS_BACK: &str = "SELECT count(*) FROM (
    SELECT from_day, lag(from_day) OVER (PARTITION BY date_trunc('month', from_day) ORDER BY rowid) AS before
    FROM past_instance_ping) WHERE from_day < before";

/// How often, as they are stored, results of an account follow those of another, beyond once for each. Those of the quarter
/// before are sorted by themselves.
const SCATTERED_RUNS: &str = "SELECT count(*) FILTER (account_id IS DISTINCT FROM before) - count(DISTINCT account_id)
    FROM (SELECT account_id, lag(account_id) OVER (ORDER BY rowid) AS before FROM invocation
          WHERE requested_at >= DATE '2025-10-01')";

/// The tables that are sorted.
async fn stored(world: &World) -> [Vec<String>; 4] {
    [
        as_text(world, TRANSITIONS).await,
        as_text(world, PAST).await,
        as_text(world, PRESENT).await,
        as_text(world, RUNS).await,
    ]
}

async fn as_text(world: &World, sql: &'static str) -> Vec<String> {
    let sql: &'static str = format!("SELECT r::VARCHAR FROM ({sql}) r").leak();
    rows::<1>(world, sql).await.into_iter().map(|[row]| row).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_in_order_shows_the_same_to_everybody() {
    let world = World::small().await;
    for _ in 0..12 {
        world.harvest().await;
        world.next_day();
    }
    let day = day_of(world.clock.now()).yesterday().and_then(|day| day.yesterday()).expect("a day");
    let paths = ["/export/updates.csv", "/api/v1/harvest"].map(|path| format!("{path}?as_of={day}"));
    let mut before = Vec::new();
    for path in &paths {
        before.push(get(world.router(), path).await);
    }
    let as_they_came = stored(&world).await;
    assert!(as_they_came.iter().all(|rows| !rows.is_empty()));
    assert!(world.count(STEPS_BACK).await > 1, "days follow each other");
    assert!(world.count(STEPS_BACK_NOW).await > 1, "what changed is written after what did not");
    assert!(world.count(SCATTERED_RUNS).await > 0, "each harvest brings results");

    let store = &world.harvester.store;
    let reader = store.begin_read().await.expect("a moment");
    let next_month = world.clock.now() + jiff::SignedDuration::from_hours(31 * 24);
    let sort = move |writer: &mut _| compact_in_slices(writer, next_month, ROWS_PER_SLICE);
    assert!(store.write("the history", sort).await.expect("sorted"));
    let steps = reader.read("steps", |connection| {
        connection.query_row(STEPS_BACK, [], |row| row.get::<_, i64>(0)).map_err(StoreError::read("steps"))
    });
    assert!(steps.await.expect("a count") > 1, "who was reading goes on with the rows as they were");
    drop(reader);

    assert_eq!(world.count(STEPS_BACK).await, 0, "one order over October and November, which are of one quarter");
    assert_eq!(world.count(STEPS_BACK_NOW).await, 0);
    assert_eq!(world.count(PENDING_PLACES).await, 1);
    assert_eq!(world.count(SCATTERED_RUNS).await, 0);
    assert_eq!(world.count(MONTHS_BACK).await, 0);
    assert!(world.count(DAYS_BACK).await > 1, "within a month by instance");
    let known = "SELECT count(*) FROM patch_operation WHERE updates_hash IS NOT NULL";
    assert_eq!(world.count(known).await, 0, "the next scan of each machine is compared, whatever it says");
    assert_eq!(stored(&world).await, as_they_came);
    for (path, shown) in paths.iter().zip(before) {
        assert_eq!(get(world.router(), path).await, shown, "{path}");
    }
    assert_whole(store, "a compaction").await;
    assert!(!store.write("the history", move |writer| compact(writer, next_month)).await.expect("nothing to do"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rounds_put_months_in_order_by_themselves() {
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
    assert_whole(&world.harvester.store, "rounds over the end of a month").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_that_says_the_same_is_compared_once_a_month_only() {
    const WRONG: &str = "SELECT count(*) FROM instance_update WHERE cve_ids = 'wrong'";
    /// As if every machine had been scanned since.
    const OLDER: &str = "UPDATE patch_operation SET operation_end_at = operation_end_at - INTERVAL 1 HOUR";
    let world = World::small().await;
    let store = &world.harvester.store;
    let run = async |sql: &'static str| {
        let statement =
            move |writer: &mut Writer| writer.connection.execute_batch(sql).map_err(StoreError::write("a statement"));
        store.write("a statement", statement).await.expect("done");
    };
    // The first round sorts what came before this month, be it nothing.
    world.harvest().await;
    run(OLDER).await;
    world.harvest().await;
    run("UPDATE instance_update SET cve_ids = 'wrong'").await;
    run(OLDER).await;
    world.harvest().await;
    assert!(world.count(WRONG).await > 0, "they say what they said");
    let next_month = world.clock.now() + jiff::SignedDuration::from_hours(31 * 24);
    store.write("the history", move |writer| compact(writer, next_month)).await.expect("sorted");
    run(OLDER).await;
    world.harvest().await;
    assert_eq!(world.count(WRONG).await, 0);
}
