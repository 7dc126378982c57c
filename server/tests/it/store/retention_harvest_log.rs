//! Retention of the harvest log deletes records of harvests, and no rows that harvests stored.

use crate::support::{table::rows, world::World};
use jiff::SignedDuration;
use muster_core::clock::Clock;
use muster_store::retention::harvest_log;

const HARVESTS: &str = "SELECT h.harvest_id, h.account_id, h.region, h.started_at FROM harvest h";

/// The tables of the store and their numbers of rows.
async fn counts(world: &World) -> Vec<[String; 2]> {
    let tables = rows::<1>(world, "SELECT table_name FROM duckdb_tables() WHERE NOT internal").await;
    let mut counts = Vec::new();
    for [table] in tables {
        // Leaked, because the store takes only static statements.
        let sql: &'static str = format!("SELECT count(*) FROM {table}").leak();
        let [[count]] = rows::<1>(world, sql).await.try_into().expect("a count");
        counts.push([table, count]);
    }
    counts
}

async fn harvest_twice(world: &World) {
    world.harvest().await;
    world.clock.set(world.clock.now() + SignedDuration::from_hours(6));
    world.harvest().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_old_records_of_the_harvest_log_are_deleted() {
    let world = World::small().await;
    world.simulator.set_fault(muster_simulator::Fault::on("ListCommands", muster_simulator::FaultKind::AccessDenied));
    for _ in 0..5 {
        harvest_twice(&world).await;
        world.next_day();
    }
    // One account has not been harvested since the third day: its latest record is old and must be kept.
    let unreached = world.harvester.accounts[2].account_id.to_string();
    let before = counts(&world).await;
    let all = rows::<4>(&world, HARVESTS).await;
    let limit = world.clock.now() - SignedDuration::from_hours(60);
    let mut of_one: Vec<_> = all.iter().filter(|row| row[1] == unreached).collect();
    of_one.sort_by_key(|row| &row[3]);
    let latest_of_one: i64 = of_one[4][0].parse().expect("a number");
    let prepare = world.harvester.store.write("a latest harvest", move |writer| {
        let sql = "UPDATE account_region SET last_harvest_id = $1 WHERE last_harvest_id IN
                   (SELECT max(harvest_id) FROM harvest WHERE account_id = $2)";
        let set = writer.connection().execute(sql, duckdb::params![latest_of_one, unreached]);
        assert_eq!(set.expect("set"), 1);
        harvest_log::drop_before(writer, limit)
    });
    let deleted = prepare.await.expect("deleted");

    let limit = crate::support::table::time(limit);
    // The last record of each day is kept, because past days show it.
    let is_last_of_day = |row: &[String; 4]| {
        let day = |row: &[String; 4]| [row[1].clone(), row[2].clone(), row[3][..10].to_owned()];
        !all.iter().any(|other| day(other) == day(row) && other[3] > row[3])
    };
    let is_kept = |row: &&[String; 4]| row[3] >= limit || row[0] == latest_of_one.to_string() || is_last_of_day(row);
    let kept: Vec<_> = all.iter().filter(is_kept).cloned().collect();
    assert!(kept.len() < all.len() && kept.iter().any(|row| row[3] < limit));
    assert_eq!(rows::<4>(&world, HARVESTS).await, kept);
    for parts in ["harvest_operation", "harvest_error"] {
        let sql: &'static str = format!("SELECT DISTINCT harvest_id FROM {parts}").leak();
        let mut ids: Vec<[String; 1]> = kept.iter().map(|row| [row[0].clone()]).collect();
        ids.sort();
        assert_eq!(rows::<1>(&world, sql).await, ids, "{parts}");
    }
    let log = |table: &str| ["harvest", "harvest_operation", "harvest_error"].contains(&table);
    let after = counts(&world).await;
    let total = |counts: &[[String; 2]]| -> u64 {
        counts.iter().filter(|[table, _]| log(table)).filter_map(|[_, count]| count.parse::<u64>().ok()).sum()
    };
    assert_eq!(total(&before) - total(&after), deleted);
    let other_tables =
        |counts: Vec<[String; 2]>| counts.into_iter().filter(|[table, _]| !log(table)).collect::<Vec<_>>();
    let (before, after) = (other_tables(before), other_tables(after));
    assert!(before.iter().filter(|[_, count]| count != "0").count() > 20, "{before:?}");
    assert_eq!(after, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_keeps_records_for_the_configured_retention() {
    let mut world = World::small().await;
    world.harvester.harvest_log_retention = SignedDuration::from_hours(36);
    for _ in 0..4 {
        harvest_twice(&world).await;
        world.next_day();
    }
    world.harvest().await;
    let days = rows::<1>(&world, "SELECT count(DISTINCT started_at) FROM harvest").await;
    assert_eq!(days, [["6"]], "kept: today's, both of yesterday's, and the last one of each earlier day");
}
