//! When AWS refuses, breaks off or lies: what could be read is kept, what could not is one honest error.

use super::{table::count, world::World};
use app::{
    model::{
        filter::HarvestFilter,
        freshness::HarvestState,
        harvest::{ErrorClass, HarvestRow},
    },
    ports::Reports,
};
use muster_server::access::principal::Principal;
use muster_simulator::{Fault, FaultKind};

pub async fn harvests(world: &World) -> Vec<HarvestRow> {
    let reports = world.source().for_scope(Principal::Operator.scope());
    reports.harvest(HarvestFilter::default()).await.expect("the harvest page").rows
}

/// A world that was harvested once without trouble, and stands at the next day.
async fn harvested_once() -> World {
    let world = World::small().await;
    for _ in 0..10 {
        world.next_day();
    }
    world.harvest().await;
    world.next_day();
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_operation_is_one_error_and_everything_else_is_kept() {
    let world = harvested_once().await;
    world.simulator.set_fault(Fault::on("GetInventory", FaultKind::AccessDenied));
    world.harvest().await;
    for row in harvests(&world).await {
        assert_eq!(row.state, HarvestState::Partial, "{row:?}");
        let [error] = row.errors.as_slice() else { panic!("one error, not {:?}", row.errors) };
        assert_eq!((error.operation.as_str(), error.class), ("GetInventory", ErrorClass::Denied));
    }
    assert!(count(&world, "SELECT count(*) FROM tag").await > 0, "the tags that were known are gone");
    assert!(count(&world, "SELECT count(*) FROM software").await > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_accounts_failure_stops_no_other() {
    let world = harvested_once().await;
    let failing = world.harvester.accounts[0].clone();
    let fault = Fault::on("DescribeInstanceInformation", FaultKind::InternalServerError);
    world.simulator.set_fault(fault.in_account(&failing.systems_account));
    let before = count(&world, "SELECT count(*) FROM instance WHERE gone_at IS NULL").await;
    world.harvest().await;
    for row in harvests(&world).await {
        let expected = if row.account_id == failing.account_id { HarvestState::Failing } else { HarvestState::Fresh };
        assert_eq!(row.state, expected, "{row:?}");
    }
    let after = count(&world, "SELECT count(*) FROM instance WHERE gone_at IS NULL").await;
    assert_eq!(before, after, "a failed harvest must not make instances disappear");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_leads_elsewhere_stores_nothing() {
    let world = World::small().await;
    let wrong = world.harvester.accounts[0].clone();
    let fault = Fault::on("GetCallerIdentity", FaultKind::WrongAccount);
    world.simulator.set_fault(fault.in_account(&wrong.systems_account));
    world.harvest().await;
    let rows = harvests(&world).await;
    let row = rows.iter().find(|row| row.account_id == wrong.account_id).expect("its row");
    assert_eq!(row.state, HarvestState::Never);
    assert_eq!((row.errors[0].class, row.errors[0].code.as_str()), (ErrorClass::Credentials, "WrongAccount"));
    let asked = world.simulator.calls();
    let past_the_check = asked.iter().filter(|call| call.systems_account == wrong.systems_account);
    assert!(past_the_check.clone().all(|call| call.operation != "DescribeInstanceInformation"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_external_id_is_a_matter_of_credentials() {
    let mut world = World::small().await;
    let mut accounts = world.harvester.accounts.to_vec();
    accounts[0].external_id = "not-the-one".to_owned();
    let wrong = accounts[0].account_id.clone();
    world.harvester.accounts = accounts.into();
    world.harvest().await;
    let rows = harvests(&world).await;
    let row = rows.iter().find(|row| row.account_id == wrong).expect("its row");
    assert_eq!((row.errors[0].operation.as_str(), row.errors[0].class), ("AssumeRole", ErrorClass::Credentials));
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_answers_never_replace_what_is_stored() {
    for kind in [
        FaultKind::TruncatedBody,
        FaultKind::EmptyBody,
        FaultKind::HtmlBody500,
        FaultKind::DropConnection,
        FaultKind::RepeatingToken,
    ] {
        let world = harvested_once().await;
        let name = format!("{kind:?}");
        let updates = count(&world, "SELECT count(*) FROM instance_update").await;
        world.simulator.set_fault(Fault::everywhere(kind));
        world.harvest().await;
        assert_eq!(count(&world, "SELECT count(*) FROM instance_update").await, updates, "{name}");
        assert_eq!(count(&world, "SELECT count(*) FROM instance WHERE gone_at IS NOT NULL").await, 0, "{name}");
        assert!(harvests(&world).await.iter().all(|row| !row.errors.is_empty()), "{name}");

        world.simulator.clear_faults();
        world.harvest().await;
        assert!(harvests(&world).await.iter().all(|row| row.state == HarvestState::Fresh), "{name}: it must recover");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_call_is_tried_again_and_then_told() {
    let world = World::small().await;
    world.simulator.set_fault(Fault::on("DescribeInstancePatchStates", FaultKind::Throttling).times(2));
    let round = world.harvest().await;
    assert_eq!((round.failed, round.partial), (0, 0), "two refusals are within the retries");
    world.next_day();
    world.simulator.set_fault(Fault::on("DescribeInstancePatchStates", FaultKind::Throttling));
    world.harvest().await;
    for row in harvests(&world).await {
        assert_eq!(row.errors[0].class, ErrorClass::Throttled, "{row:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_says_since_when() {
    let world = harvested_once().await;
    world.simulator.set_fault(Fault::on("ListCommands", FaultKind::AccessDenied));
    let first = muster_server::clock::Clock::now(world.clock.as_ref());
    world.harvest().await;
    world.next_day();
    world.harvest().await;
    for row in harvests(&world).await {
        assert_eq!(row.errors[0].since, first);
    }
}
