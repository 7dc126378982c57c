//! Pulls hand over slices while they read: rows in memory are limited, what was read survives an interruption, and the
//! store is the same as after harvests in one slice.

use crate::{
    store::integrity::{HARVESTS, assert_consistent},
    support::{every_row::every_row, wait::happens, world::World},
};
use jiff::SignedDuration;
use muster_collect::row_budget::RowBudget;
use muster_harvest::{
    progress::NoProgress,
    round::{Harvester, RoundOptions},
};
use muster_model::{freshness::HarvestState, harvest::ErrorClass};
use muster_server::command::simulate;
use muster_simulator::{EstateSpec, Fault, FaultKind};
use muster_store::connection::Store;
use std::{collections::BTreeMap, time::Duration};

const UPDATES: &str = "DescribeInstancePatches";
const SCANNED: &str = "SELECT count(*) FROM patch_operation";
/// Two pages, so that an operation can fail half way.
const UPDATES_EACH: usize = 60;
const PAGES_EACH: usize = 2;
/// Longer than the tests that it interrupts.
const NEVER_ANSWERED: FaultKind = FaultKind::Slow(Duration::from_secs(600));

/// What is still read after an interruption: nothing else changes.
fn reads_only_changes(world: &mut World) {
    world.harvester.reference_data_interval = SignedDuration::from_hours(24);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_accounts_hold_few_rows_while_the_writer_is_slow() {
    const ACCOUNTS: usize = 12;
    const INSTANCES: usize = 15;
    /// A tenth of the updates. A page of inventory has fewer rows.
    const ROWS_MAX: usize = ACCOUNTS * INSTANCES * UPDATES_EACH / 10;
    let mut world = World::generated(ACCOUNTS, INSTANCES, UPDATES_EACH).await;
    world.harvester.concurrency = ACCOUNTS;
    world.harvester.row_budget = RowBudget::new(ROWS_MAX);
    let store = world.harvester.store.clone();
    let slow = tokio::spawn(async move {
        loop {
            let wait = |_: &mut _| {
                std::thread::sleep(Duration::from_millis(5));
                Ok(())
            };
            store.write("nothing", wait).await.expect("a writer");
        }
    });
    let round = world.harvest().await;
    slow.abort();
    assert_eq!((round.harvests, round.failed + round.partial), (ACCOUNTS as u64, 0));
    let updates = world.count("SELECT count(*) FROM instance_update").await;
    assert_eq!(updates, (ACCOUNTS * INSTANCES * UPDATES_EACH) as i64);
    let peak = world.harvester.row_budget.peak();
    assert!((1..=ROWS_MAX).contains(&peak), "{peak} rows were held, {ROWS_MAX} are allowed");
    assert_consistent(&world.harvester.store, "a slow writer").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_times_out_keeps_what_was_read() {
    const INSTANCES: usize = 10;
    const READ: usize = 4;
    for row_age_max in [Duration::ZERO, Duration::MAX] {
        let mut world = World::generated(1, INSTANCES, UPDATES_EACH).await;
        reads_only_changes(&mut world);
        world.harvester.row_age_max = row_age_max;
        world.harvester.account_timeout = Duration::from_secs(4);
        let answered = (READ * PAGES_EACH) as u32;
        world.simulator.set_fault(Fault::on(UPDATES, NEVER_ANSWERED).after(answered));
        world.harvest().await;
        let account = world.account(0).clone();
        assert_eq!(world.harvest_of(&account).await.state, HarvestState::Partial);
        let errors = world.errors_of(&account).await;
        assert!(errors.contains(&(UPDATES.to_owned(), ErrorClass::Throttled)), "{errors:?}");
        let scanned = world.count(SCANNED).await as usize;
        // Two instances are read side by side, so one may have ended with its first page.
        assert!((READ - 1..=READ).contains(&scanned), "{scanned} instances were stored");
        assert_eq!(world.count(HARVESTS).await, 1);
        assert_consistent(&world.harvester.store, "a timeout").await;

        world.simulator.clear_faults();
        world.simulator.reset_calls();
        world.harvester.account_timeout = Duration::from_secs(60);
        world.harvest().await;
        assert_eq!(world.calls(&account, UPDATES), (INSTANCES - scanned) * PAGES_EACH);
        assert_eq!(world.count(SCANNED).await, INSTANCES as i64);
    }
}

/// The first harvest is stopped between two slices. A harvest that did not end has no record.
#[tokio::test(flavor = "multi_thread")]
async fn a_round_that_is_stopped_loses_only_what_was_not_handed_over() {
    const INSTANCES: usize = 10;
    let mut world = World::generated(2, INSTANCES, UPDATES_EACH).await;
    reads_only_changes(&mut world);
    let whole = Harvester { store: Store::in_memory().expect("a store"), ..world.harvester.clone() };
    world.harvester.row_age_max = Duration::ZERO;
    world.simulator.set_fault(Fault::on(UPDATES, NEVER_ANSWERED).after(8));
    let harvester = world.harvester.clone();
    let round = tokio::spawn(async move { harvester.round(&RoundOptions::default(), &NoProgress).await.map(drop) });
    let is_stored = happens(async || round.is_finished() || world.count(SCANNED).await >= 2).await;
    assert!(is_stored && !round.is_finished(), "no slice was stored");
    round.abort();
    assert!(round.await.is_err());
    assert_eq!(world.count(HARVESTS).await, 0);
    assert_eq!(world.count("SELECT count(*) FROM account_region WHERE last_tried_at IS NOT NULL").await, 0);
    assert_consistent(&world.harvester.store, "a stopped round").await;

    // Another process goes on: keys are loaded from the store.
    let path = world.harvester.store.path().to_owned();
    let copy = path.with_file_name("copy.duckdb");
    world
        .harvester
        .store
        .write("a checkpoint", |writer| {
            writer.connection().execute_batch("CHECKPOINT").expect("written");
            Ok(())
        })
        .await
        .expect("a writer");
    std::fs::copy(&path, &copy).expect("copied");
    let store = Store::open(&copy).expect("a store");
    world.harvester.store = store;
    let scanned = world.count(SCANNED).await as usize;
    world.simulator.clear_faults();
    world.simulator.reset_calls();
    world.harvest().await;
    let calls: usize = (0..2).map(|account| world.calls(world.account(account), UPDATES)).sum();
    assert_eq!(calls, (2 * INSTANCES - scanned) * PAGES_EACH);
    assert_eq!(world.count(HARVESTS).await, 2);
    assert_consistent(&world.harvester.store, "the round after").await;
    whole.round(&RoundOptions::default(), &NoProgress).await.expect("a working store");
    let without_harvests =
        |rows: Vec<String>| rows.into_iter().filter(|row| !row.starts_with("harvest")).collect::<Vec<_>>();
    let found = without_harvests(every_row(&world.harvester.store, &["harvest_id"]).await);
    assert_eq!(found, without_harvests(every_row(&whole.store, &["harvest_id"]).await));
}

/// The rows of patch operations and updates, by instance.
async fn reports(world: &World) -> BTreeMap<String, Vec<String>> {
    let mut reports: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in every_row(&world.harvester.store, &[]).await {
        let is_wanted =
            ["patch_operation ", "patch_state ", "instance_update "].iter().any(|table| row.starts_with(table));
        if is_wanted {
            let (_, key) = row.split_once("'instance_key': ").expect("a key");
            let (instance, _) = key.split_once(',').expect("more columns");
            reports.entry(instance.to_owned()).or_default().push(row);
        }
    }
    reports
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_whose_second_page_fails_is_not_stored_in_part() {
    const INSTANCES: usize = 6;
    /// A list with an expired token is read again once, so this is one instance or two.
    const EXPIRED_TOKENS: u32 = 4;
    let mut world = World::generated(1, INSTANCES, UPDATES_EACH).await;
    reads_only_changes(&mut world);
    world.harvester.row_age_max = Duration::ZERO;
    world.harvest().await;
    let before = reports(&world).await;
    world.estate.write().expect("the estate").change(1.0);
    world.clock.set(world.estate.read().expect("the estate").now());
    world.simulator.set_fault(Fault::on(UPDATES, FaultKind::InvalidNextToken).times(EXPIRED_TOKENS));
    let round = world.harvest().await;
    assert_eq!((round.harvests, round.partial), (1, 1));
    let after = reports(&world).await;
    let unchanged = after.iter().filter(|(instance, rows)| before.get(*instance) == Some(rows)).count();
    let mixed = after.iter().filter(|(instance, rows)| {
        let is_kept = |row: &String| before.get(*instance).is_some_and(|before| before.contains(row));
        let operation = rows.iter().find(|row| row.starts_with("patch_operation ")).expect("an operation");
        is_kept(operation) && !rows.iter().all(is_kept)
    });
    assert_eq!(mixed.count(), 0, "an instance has updates of another operation than its own");
    assert!((1..=2).contains(&unchanged), "{unchanged} instances were not read");
    assert_consistent(&world.harvester.store, "half an answer").await;

    world.simulator.clear_faults();
    world.simulator.reset_calls();
    world.harvest().await;
    assert_eq!(world.calls(world.account(0), UPDATES), unchanged * PAGES_EACH);
}

/// Days of the small estate, with changes of every kind, each harvested by stores with another size of slices.
#[tokio::test(flavor = "multi_thread")]
async fn slices_of_any_size_leave_the_same_rows() {
    const DAYS: usize = 4;
    let world = World::new(&EstateSpec::named("small").expect("the small estate")).await;
    // Each has sessions of its own, so that all send the same requests, and stores the Regions of an account in their order, as
    // AWS's count of the nodes of one is compared with the instances of all.
    let harvester = async |rows: usize, row_age_max: Duration| Harvester {
        concurrency: 1,
        reference_data_interval: SignedDuration::ZERO,
        row_budget: RowBudget::new(rows),
        row_age_max,
        ..simulate::harvester(
            &world.estate,
            &world.simulator,
            Store::in_memory().expect("a store"),
            world.clock.clone(),
        )
        .await
        .expect("a good roster")
    };
    let whole = harvester(usize::MAX, Duration::MAX).await;
    let mut sliced = Vec::new();
    for (rows, row_age_max) in
        [(usize::MAX, Duration::ZERO), (1, Duration::MAX), (150, Duration::MAX), (700, Duration::ZERO)]
    {
        sliced.push((rows, harvester(rows, row_age_max).await));
    }
    for day in 0..DAYS {
        whole.round(&RoundOptions::default(), &NoProgress).await.expect("a working store");
        let expected = every_row(&whole.store, &[]).await;
        for (rows, harvester) in &sliced {
            let report = harvester.round(&RoundOptions::default(), &NoProgress).await.expect("a working store");
            let name = format!("day {day}, {rows} rows, {:?}, {report:?}", harvester.row_age_max);
            let found = every_row(&harvester.store, &[]).await;
            let differences: Vec<_> = expected.iter().filter(|row| !found.contains(row)).take(3).collect();
            assert!(
                found == expected,
                "{name}: {} rows, not {}; missing {differences:#?}",
                found.len(),
                expected.len()
            );
            assert_consistent(&harvester.store, &name).await;
        }
        for _ in 0..5 {
            world.next_day();
        }
    }
}
