//! What is deleted after a while is how harvests went, and nothing of what they found.

use crate::support::{table::rows, world::World};
use jiff::SignedDuration;
use muster_core::clock::Clock;
use muster_store::retention::harvest_log;

const HARVESTS: &str = "SELECT h.harvest_id, h.account_id, h.region, h.started_at FROM harvest h";

/// Every table of the store with the number of its rows.
async fn counts(world: &World) -> Vec<[String; 2]> {
    let tables = rows::<1>(world, "SELECT table_name FROM duckdb_tables() WHERE NOT internal").await;
    let mut counts = Vec::new();
    for [table] in tables {
        // Leaked, because the store takes statements that live for ever, as all of the program's do.
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
async fn old_records_of_harvests_go_and_nothing_else_does() {
    let world = World::small().await;
    world.simulator.set_fault(muster_simulator::Fault::on("ListCommands", muster_simulator::FaultKind::AccessDenied));
    for _ in 0..5 {
        harvest_twice(&world).await;
        world.next_day();
    }
    // One account was not reached since the third morning: its latest record is old, and all there is.
    let left_behind = world.harvester.accounts[2].account_id.to_string();
    let before = counts(&world).await;
    let all = rows::<4>(&world, HARVESTS).await;
    let limit = world.clock.now() - SignedDuration::from_hours(60);
    let mut of_one: Vec<_> = all.iter().filter(|row| row[1] == left_behind).collect();
    of_one.sort_by_key(|row| &row[3]);
    let latest_of_one: i64 = of_one[4][0].parse().expect("a number");
    let prepare = world.harvester.store.write("a latest harvest", move |writer| {
        let sql = "UPDATE account_region SET last_harvest_id = $1 WHERE last_harvest_id IN
                   (SELECT max(harvest_id) FROM harvest WHERE account_id = $2)";
        let set = writer.connection.execute(sql, duckdb::params![latest_of_one, left_behind]);
        assert_eq!(set.expect("set"), 1);
        harvest_log::drop_before(writer, limit)
    });
    let deleted = prepare.await.expect("pruned");

    let limit = crate::support::table::time(limit);
    // A day of the past is shown with what its last harvests said.
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
    let rest = |counts: Vec<[String; 2]>| counts.into_iter().filter(|[table, _]| !log(table)).collect::<Vec<_>>();
    let (before, after) = (rest(before), rest(after));
    assert!(before.iter().filter(|[_, count]| count != "0").count() > 20, "{before:?}");
    assert_eq!(after, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_keeps_records_for_as_long_as_it_is_told() {
    let mut world = World::small().await;
    world.harvester.harvest_log_retention = SignedDuration::from_hours(36);
    for _ in 0..4 {
        harvest_twice(&world).await;
        world.next_day();
    }
    world.harvest().await;
    let days = rows::<1>(&world, "SELECT count(DISTINCT started_at) FROM harvest").await;
    assert_eq!(days, [["6"]], "today's, both of yesterday's, and the last of each day before");
}
