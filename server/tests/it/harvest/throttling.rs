//! Hostile cases: throttling.
//!
//! 1. Most calls are throttled → `heavy_throttling_starves_no_account`; at full size, run by hand,
//!    `ten_minutes_of_throttling_of_five_hundred_accounts`; a limit per second → `waits_for_a_rate_limit`
//! 2. An error that no operation models → `every_throttled_operation_is_retried`,
//!    `permanent_throttling_is_never_a_schema_error`

use crate::support::world::World;
use jiff::SignedDuration;
use muster_collect::{client::Connector, rate_limit::RateLimits};
use muster_harvest::{progress::NoProgress, round::RoundOptions};
use muster_model::{
    freshness::HarvestState,
    harvest::{ErrorClass, HarvestRow},
};
use muster_simulator::{Call, Fault, FaultKind, Simulator};
use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

const HEAVY_THROTTLING: FaultKind = FaultKind::ThrottlingShare(80);
const ACCOUNTS: usize = 60;
const INSTANCES: usize = 2;
const REFUSED: u16 = 400;
/// The most calls under throttling, for each call without it: four of five calls are refused, and chance adds to that.
const MAX_CALL_RATIO: usize = 8;
/// The collector's limit of tries for one call.
const TRIES_MAX: usize = 30;

/// Whether an account is fresh or has only errors of throttling.
fn is_fresh_or_throttled(row: &HarvestRow) -> bool {
    row.state == HarvestState::Fresh || row.errors.iter().all(|error| error.class == ErrorClass::Throttled)
}

/// Advances by a quarter of an hour in which every instance is scanned, so that all but reference data is read again.
fn next_quarter(world: &World) {
    let mut estate = world.estate.write().expect("the estate");
    estate.change(1.0);
    world.clock.set(estate.now());
}

#[tokio::test(flavor = "multi_thread")]
async fn heavy_throttling_starves_no_account() {
    let mut world = World::generated(ACCOUNTS, INSTANCES, 4).await;
    world.harvester.concurrency = ACCOUNTS;
    world.harvester.account_timeout = Duration::from_secs(60);
    world.harvester.reference_data_interval = SignedDuration::from_hours(24);
    world.harvest().await;

    world.simulator.reset_calls();
    next_quarter(&world);
    // AssumeRole is throttled too, because all sessions are new. One account gets no list at all.
    world.forget_sessions();
    let starved = world.account(0).clone();
    let before = world.rows_of(&starved.account_id).await;
    for operation in ["DescribeInstanceProperties", "DescribeInstanceInformation"] {
        let fault = Fault::on(operation, FaultKind::Throttling);
        world.simulator.set_fault(fault.in_account(&starved.systems_account));
    }
    world.simulator.set_fault(Fault::everywhere(HEAVY_THROTTLING));
    world.harvest().await;

    let rows = world.harvests().await;
    assert_eq!(rows.len(), ACCOUNTS);
    let fresh = rows.iter().filter(|row| row.state == HarvestState::Fresh).count();
    assert!(fresh * 10 >= ACCOUNTS * 8, "only {fresh} of {ACCOUNTS} accounts are fresh");
    for row in &rows {
        assert!(is_fresh_or_throttled(row), "{row:?}");
        // Pauses and tries are bounded: no account reaches its timeout.
        assert!(row.errors.iter().all(|error| error.code != "OutOfTime"), "{row:?}");
    }
    assert_eq!(world.harvest_of(&starved).await.state, HarvestState::Failing);
    assert_eq!(world.rows_of(&starved.account_id).await, before);
    let known = world.count("SELECT count(*) FROM instance WHERE gone_at IS NULL").await;
    assert_eq!(known, (ACCOUNTS * INSTANCES) as i64);

    assert!(world.calls(&starved, "DescribeInstanceInformation") <= TRIES_MAX);
    let calls = world.simulator.calls().len();

    world.simulator.clear_faults();
    world.simulator.reset_calls();
    next_quarter(&world);
    world.forget_sessions();
    world.harvest().await;
    assert!(
        world.harvests().await.iter().all(|row| row.state == HarvestState::Fresh),
        "without throttling, every account is fresh"
    );
    let calm = world.simulator.calls().len();
    assert!(calls < MAX_CALL_RATIO * calm, "{calls} calls, {calm} without throttling");
}

/// The burst is twice the limit and there is no pace but the one learned from throttling: without pauses, all tries
/// would fail before the limit allows another call.
#[tokio::test(flavor = "multi_thread")]
async fn waits_for_a_rate_limit() {
    let world = World::generated(1, 20, 1).await;
    world.simulator.set_rate_limit(Some(10.0));
    world.harvest().await;
    let account = world.account(0);
    assert_eq!(world.harvest_of(account).await.state, HarvestState::Fresh, "{:?}", world.errors_of(account).await);
    let calls = world.calls(account, "DescribeInstancePatches");
    assert!((21..4 * 20).contains(&calls), "{calls} calls for 20 instances");
}

/// The operations of these calls, AssumeRole included.
fn operations(calls: &[Call]) -> BTreeSet<String> {
    calls.iter().map(|call| call.operation.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_throttled_operation_is_retried() {
    let world = World::small().await;
    world.skip_to_last_day();
    world.harvest().await;
    let operations = operations(&world.simulator.calls());
    assert!(operations.len() > 10, "{operations:?}");
    world.forget_sessions();
    for operation in &operations {
        world.simulator.set_fault(Fault::on(operation, FaultKind::Throttling).times(6));
    }
    world.simulator.reset_calls();
    let options = RoundOptions { full: true, ..RoundOptions::default() };
    let round = world.harvester.round(&options, &NoProgress).await.expect("a store");
    assert_eq!((round.failed, round.partial), (0, 0), "{:?}", world.harvests().await);
    let calls = world.simulator.calls();
    for operation in &operations {
        let statuses: Vec<u16> =
            calls.iter().filter(|call| call.operation == *operation).map(|call| call.status).collect();
        assert!(
            statuses.is_empty() || statuses.contains(&REFUSED) && statuses.last() != Some(&REFUSED),
            "{operation}: {statuses:?}"
        );
    }
    let retried: BTreeSet<&str> =
        calls.iter().filter(|call| call.status == REFUSED).map(|call| call.operation.as_str()).collect();
    // Stored run results and known tags are not requested again.
    let requested_once = ["ListCommandInvocations", "GetCommandInvocation", "ListTagsForResource"];
    let expected: BTreeSet<&str> =
        operations.iter().map(String::as_str).filter(|operation| !requested_once.contains(operation)).collect();
    assert!(expected.is_subset(&retried), "not retried: {:?}", expected.difference(&retried));
}

#[tokio::test(flavor = "multi_thread")]
async fn permanent_throttling_is_never_a_schema_error() {
    let world = World::small().await;
    world.skip_to_last_day();
    world.harvest().await;
    let own = ["AssumeRole", "GetCallerIdentity"];
    for operation in operations(&world.simulator.calls()).iter().filter(|operation| !own.contains(&operation.as_str()))
    {
        world.simulator.set_fault(Fault::on(operation, FaultKind::Throttling));
    }
    world.harvest().await;
    for row in world.harvests().await {
        assert!(row.errors.len() > 5, "{row:?}");
        assert!(row.errors.iter().all(|error| error.class == ErrorClass::Throttled), "{row:?}");
    }
}

/// Runs at the default pace and prints statistics: `cargo test -p muster-server --test it five_hundred -- --ignored
/// --nocapture`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a quarter of an hour, because throttling lasts for ten minutes"]
async fn ten_minutes_of_throttling_of_five_hundred_accounts() {
    const THROTTLING_TIME: Duration = Duration::from_secs(600);
    const MANY: usize = 500;
    let mut world = World::generated(MANY, INSTANCES, 4).await;
    let keys = Simulator::operator_credentials();
    let (url, limits) = (world.simulator.url(), RateLimits::default());
    let connector = Connector::to_endpoint(&url, &keys.access_key_id, &keys.secret_access_key, limits).await;
    world.harvester.connector = Arc::new(connector);
    world.harvester.concurrency = 200;
    world.simulator.set_fault(Fault::everywhere(HEAVY_THROTTLING));
    let (began, ended) = (Instant::now(), tokio::sync::Notify::new());
    let throttling = async {
        tokio::select! {
            () = tokio::time::sleep(THROTTLING_TIME) => {}
            () = ended.notified() => {}
        }
        world.simulator.clear_faults();
    };
    let round = async {
        let round = world.harvest().await;
        ended.notify_one();
        round
    };
    let (round, ()) = tokio::join!(round, throttling);
    let rows = world.harvests().await;
    let calls = world.simulator.calls();
    let refused = calls.iter().filter(|call| call.status == REFUSED).count();
    let in_state = |state| rows.iter().filter(|row| row.state == state).count();
    eprintln!(
        "the round took {:?}: {round:?}; {} calls, {refused} of them refused; fresh {}, partial {}, never {}",
        began.elapsed(),
        calls.len(),
        in_state(HarvestState::Fresh),
        in_state(HarvestState::Partial),
        in_state(HarvestState::Never),
    );
    assert_eq!(rows.len(), MANY);
    assert!(rows.iter().all(is_fresh_or_throttled));
    let untouched = rows.iter().filter(|row| row.last_tried_at.is_none()).count();
    assert_eq!(untouched, 0, "accounts without a harvest");
}
