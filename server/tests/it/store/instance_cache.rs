//! The cache of instances has what is stored, whatever was written and while it is written.

use crate::support::{wait::happens, world::World};
use duckdb::{Connection, params_from_iter, types::Value};
use jiff::{SignedDuration, Timestamp, civil::Date};
use muster_metrics::{INSTANCE_RUNS, cached_table, definitions::expand};
use muster_query::as_of::on_whole_day;
use muster_reports::ReportSource;
use muster_store::{
    connection::Writer,
    error::StoreError,
    instance_cache::{CacheRequest, CachedInstances, PastDay},
    reading::{ReadOptions, Reading},
    value::{day, day_of, end_of, time},
};

const ROUNDS_BESIDE_READS: usize = 5;

/// Rows of the cache that the store does not have, and the reverse. Its parameters are those of [`INSTANCE_RUNS`].
const DIFFERENCES: &str = "
    SELECT count(*) FROM (
        (SELECT * FROM instances EXCEPT ALL SELECT * FROM {cached})
        UNION ALL
        (SELECT * FROM {cached} EXCEPT ALL SELECT * FROM instances)
    )";

/// What a read at this moment finds: the cache, if it can be used, which is then compared.
async fn compared(source: &ReportSource, moment: Timestamp, past: Option<Date>) -> Option<CachedInstances> {
    let limits = source.limits;
    let past_day = past.map(|day| PastDay { day, statement: on_whole_day });
    let cache_for = Some(CacheRequest { limits, moment, past: past_day, creates_past: true });
    let compare = move |Reading { connection, cached, .. }: Reading<'_>| {
        let Some(cached) = cached else { return Ok(None) };
        assert!(cached.is_right(&limits, moment, past));
        let before = [limits.stale_harvest_before(moment), limits.stale_scan_before(moment), limits.runs_since(moment)];
        let mut values = vec![Value::Null];
        values.extend(before.map(time));
        let mut sql = expand(&format!("{INSTANCE_RUNS}{DIFFERENCES}"));
        if let Some(past) = past {
            values.push(day(past));
            sql = on_whole_day(&sql, &limits, "$5");
        }
        let sql = sql.replace("{cached}", &cached_table("instance", past));
        let differences = connection.query_row(&sql, params_from_iter(values), |row| row.get::<_, i64>(0));
        assert_eq!(differences.map_err(StoreError::read("differences"))?, 0, "{cached:?}");
        Ok(Some(cached.clone()))
    };
    let read = async || {
        let options = ReadOptions { cache_for, ..ReadOptions::default() };
        source.store.spawn_read("the cache", options, compare).await.expect("a store that can be read")
    };
    let mut cached = None;
    // A past day is put there after the first read.
    let is_read = async || {
        cached = read().await;
        past.is_none() || cached.is_some()
    };
    happens(is_read).await;
    cached
}

#[tokio::test(flavor = "multi_thread")]
async fn has_what_is_stored_after_each_harvest_on_past_days_and_whenever_something_becomes_too_old() {
    let world = World::small().await;
    let source = world.source();
    assert!(compared(&source, world.clock_now(), None).await.is_some(), "an empty store has no instances");
    let first_day = day_of(world.clock_now());
    let (mut followed, mut created) = (0, 0);
    while !world.is_at_last_day() {
        world.next_day();
        let before = world.clock_now();
        assert!(compared(&source, before, None).await.is_some(), "nobody writes");
        world.harvest().await;
        let cached = compared(&source, before + SignedDuration::from_secs(1), None).await.expect("nobody writes");
        // One of an earlier moment was not created since.
        match cached.is_right(&source.limits, before, None) {
            true => followed += 1,
            false => created += 1,
        }
        for days in [3, 31] {
            let later = before + SignedDuration::from_hours(24 * days);
            assert!(compared(&source, later, None).await.is_some(), "{days} days later");
        }
        for past in [first_day, day_of(before).yesterday().expect("a day")] {
            assert!(compared(&source, end_of(past), Some(past)).await.is_some(), "as of {past}");
        }
    }
    assert!(followed > 0 && created > 0, "{followed} harvests followed, {created} new caches");
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_never_see_it_with_other_rows_than_the_store() {
    let world = World::generated(6, 20, 5).await;
    let source = world.source();
    let mut seen = 0;
    for _ in 0..ROUNDS_BESIDE_READS {
        world.next_day();
        let harvest = world.harvest();
        tokio::pin!(harvest);
        loop {
            tokio::select! {
                biased;
                cached = compared(&source, world.clock_now(), None) => seen += usize::from(cached.is_some()),
                _ = &mut harvest => break,
            }
        }
        seen += usize::from(compared(&source, world.clock_now(), None).await.is_some());
    }
    assert!(seen > ROUNDS_BESIDE_READS, "{seen} reads used the cache");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_a_past_day_that_was_closed_are_dropped() {
    let world = World::small().await;
    let source = world.source();
    let first = day_of(world.clock_now());
    world.harvest().await;
    world.next_day();
    let second = day_of(world.clock_now());
    world.next_day();
    let has_table = async || {
        let sql = format!("SELECT count(*) FROM {}", cached_table("instance", Some(first)));
        let count =
            move |connection: &Connection| Ok(connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).is_ok());
        source.store.read("a table of the cache", count).await.expect("an answer")
    };
    assert!(compared(&source, end_of(first), Some(first)).await.is_some());
    assert!(has_table().await);
    let change_nothing = |writer: &mut Writer| {
        writer.connection();
        Ok(())
    };
    source.store.write("nothing", change_nothing).await.expect("a writer");
    assert!(compared(&source, end_of(second), Some(second)).await.is_some());
    assert!(happens(async || !has_table().await).await, "the tables of {first} are still there");
}
