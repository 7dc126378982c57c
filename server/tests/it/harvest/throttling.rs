//! Hostile cases about being throttled.
//!
//! 1. A storm of refusals → `a_storm_of_refusals_ends_and_starves_no_account`; at full size, by hand,
//!    `ten_minutes_of_refusals_over_five_hundred_accounts`; a limit per second → `a_limit_that_is_met_is_waited_for`
//! 2. A refusal that no operation models → `every_operation_is_tried_again_when_throttled`,
//!    `what_stays_throttled_is_never_called_a_schema_error`

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

const STORM: FaultKind = FaultKind::ThrottlingShare(80);
const ACCOUNTS: usize = 60;
const INSTANCES: usize = 2;
const REFUSED: u16 = 400;
/// So many times the calls of a calm day are expected at worst: four of five are refused, and chance adds to that.
const CALLS_OF_A_STORM: usize = 8;
/// The most tries of one call, as the collector has it.
const TRIES_MAX: usize = 30;

/// An account that could not be read says why, and its rows stand.
fn is_told(row: &HarvestRow) -> bool {
    row.state == HarvestState::Fresh || row.errors.iter().all(|error| error.class == ErrorClass::Throttled)
}

/// Lets a quarter of an hour pass in which every machine is scanned: all but what changes seldom is asked for again.
fn next_quarter(world: &World) {
    let mut estate = world.estate.write().expect("the estate");
    estate.change(1.0);
    world.clock.set(estate.now());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_refusals_ends_and_starves_no_account() {
    let mut world = World::generated(ACCOUNTS, INSTANCES, 4).await;
    world.harvester.concurrency = ACCOUNTS;
    world.harvester.account_timeout = Duration::from_secs(60);
    world.harvester.reference_data_interval = SignedDuration::from_hours(24);
    world.harvest().await;

    world.simulator.reset_calls();
    next_quarter(&world);
    // Sessions are had anew, so the storm is over the way in as well. One account gets no list at all.
    world.forget_sessions();
    let drowned = world.account(0).clone();
    let before = world.rows_of(&drowned.account_id).await;
    let flood = Fault::on("DescribeInstanceInformation", FaultKind::Throttling);
    world.simulator.set_fault(flood.in_account(&drowned.systems_account));
    world.simulator.set_fault(Fault::everywhere(STORM));
    world.harvest().await;

    let rows = world.harvests().await;
    assert_eq!(rows.len(), ACCOUNTS);
    let fresh = rows.iter().filter(|row| row.state == HarvestState::Fresh).count();
    assert!(fresh * 10 >= ACCOUNTS * 8, "only {fresh} of {ACCOUNTS} came through");
    for row in &rows {
        assert!(is_told(row), "{row:?}");
        // Pauses and tries are bounded: no account needed all of its time.
        assert!(row.errors.iter().all(|error| error.code != "OutOfTime"), "{row:?}");
    }
    assert_eq!(world.harvest_of(&drowned).await.state, HarvestState::Failing);
    assert_eq!(world.rows_of(&drowned.account_id).await, before);
    let known = world.count("SELECT count(*) FROM instance WHERE gone_at IS NULL").await;
    assert_eq!(known, (ACCOUNTS * INSTANCES) as i64);

    assert!(world.calls(&drowned, "DescribeInstanceInformation") <= TRIES_MAX);
    let calls = world.simulator.calls().len();

    world.simulator.clear_faults();
    world.simulator.reset_calls();
    next_quarter(&world);
    world.forget_sessions();
    world.harvest().await;
    assert!(world.harvests().await.iter().all(|row| row.state == HarvestState::Fresh), "calm again, all is read");
    let calm = world.simulator.calls().len();
    assert!(calls < CALLS_OF_A_STORM * calm, "{calls} calls where {calm} do on a calm day");
}

/// Twice what the limit allows at once, and no pace but what refusals teach: without pauses all tries would be over before
/// there is anything to be had.
#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_is_met_is_waited_for() {
    let world = World::generated(1, 20, 1).await;
    world.simulator.set_rate_limit(Some(10.0));
    world.harvest().await;
    let account = world.account(0);
    assert_eq!(world.harvest_of(account).await.state, HarvestState::Fresh, "{:?}", world.errors_of(account).await);
    let calls = world.calls(account, "DescribeInstancePatches");
    assert!((21..4 * 20).contains(&calls), "{calls} calls for 20 machines");
}

/// Every operation that a harvest makes, the way in included.
fn operations(calls: &[Call]) -> BTreeSet<String> {
    calls.iter().map(|call| call.operation.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_tried_again_when_throttled() {
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
        let of_it: Vec<u16> =
            calls.iter().filter(|call| call.operation == *operation).map(|call| call.status).collect();
        assert!(
            of_it.is_empty() || of_it.contains(&REFUSED) && of_it.last() != Some(&REFUSED),
            "{operation}: {of_it:?}"
        );
    }
    let tried_again: BTreeSet<&str> =
        calls.iter().filter(|call| call.status == REFUSED).map(|call| call.operation.as_str()).collect();
    // Results that are stored and tags of nodes that are known are not asked for again.
    let asked_once = ["ListCommandInvocations", "GetCommandInvocation", "ListTagsForResource"];
    let expected: BTreeSet<&str> =
        operations.iter().map(String::as_str).filter(|operation| !asked_once.contains(operation)).collect();
    assert!(expected.is_subset(&tried_again), "not tried: {:?}", expected.difference(&tried_again));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_throttled_is_never_called_a_schema_error() {
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

/// At the pace that AWS gets. Prints how it went: `cargo test -p muster-server --test it five_hundred -- --ignored
/// --nocapture`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a quarter of an hour, because the storm lasts for ten minutes"]
async fn ten_minutes_of_refusals_over_five_hundred_accounts() {
    const STORM_LENGTH: Duration = Duration::from_secs(600);
    const MANY: usize = 500;
    let mut world = World::generated(MANY, INSTANCES, 4).await;
    let keys = Simulator::operator_credentials();
    let (url, limits) = (world.simulator.url(), RateLimits::default());
    let connector = Connector::to_endpoint(&url, &keys.access_key_id, &keys.secret_access_key, limits).await;
    world.harvester.connector = Arc::new(connector);
    world.harvester.concurrency = 200;
    world.simulator.set_fault(Fault::everywhere(STORM));
    let (began, ended) = (Instant::now(), tokio::sync::Notify::new());
    let storm = async {
        tokio::select! {
            () = tokio::time::sleep(STORM_LENGTH) => {}
            () = ended.notified() => {}
        }
        world.simulator.clear_faults();
    };
    let round = async {
        let round = world.harvest().await;
        ended.notify_one();
        round
    };
    let (round, ()) = tokio::join!(round, storm);
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
    assert!(rows.iter().all(is_told));
    let untouched = rows.iter().filter(|row| row.last_tried_at.is_none()).count();
    assert_eq!(untouched, 0, "accounts that nobody tried");
}
