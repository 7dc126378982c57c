//! A session that runs out in the middle of a pull is renewed; one that cannot be costs its own account alone.

use super::world::World;
use app::model::{freshness::HarvestState, harvest::ErrorClass};
use muster_simulator::{Fault, FaultKind};

fn calls_of(world: &World, operation: &str, systems_account: &str) -> usize {
    let calls = world.simulator.calls();
    calls.iter().filter(|call| call.operation == operation && call.systems_account == systems_account).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_expires_in_mid_pull_is_renewed_once_and_the_account_is_complete() {
    let world = World::small().await;
    let account = world.harvester.accounts[1].clone();
    let expired = Fault::on("DescribeInstancePatches", FaultKind::ExpiredToken);
    world.simulator.set_fault(expired.in_account(&account.systems_account).after(1).times(1));
    let round = world.harvest().await;
    assert_eq!((round.failed, round.partial), (0, 0));
    assert!(world.harvests().await.iter().all(|row| row.state == HarvestState::Fresh));
    assert_eq!(calls_of(&world, "AssumeRole", &account.systems_account), 2, "one session, and one in its place");
    assert_eq!(calls_of(&world, "GetCallerIdentity", &account.systems_account), 2, "the new one is checked as well");
    let other = &world.harvester.accounts[2].systems_account;
    assert_eq!(calls_of(&world, "AssumeRole", other), 1);
    assert_eq!(round.api_calls, world.simulator.calls().len() as u64, "the renewal's calls are counted");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_all_run_out_between_two_rounds_are_renewed_by_the_second() {
    let world = World::small().await;
    world.harvest().await;
    world.simulator.expire_sessions();
    world.simulator.reset_calls();
    let round = world.harvest().await;
    assert_eq!((round.failed, round.partial), (0, 0));
    for account in world.harvester.accounts.iter() {
        let renewed = calls_of(&world, "AssumeRole", &account.systems_account);
        assert!((1..=account.regions.len()).contains(&renewed), "{renewed} sessions of {}", account.account_id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_always_expired_fails_that_account_alone() {
    let world = World::small().await;
    let account = world.harvester.accounts[1].clone();
    let expired = Fault::on("DescribeInstancePatches", FaultKind::ExpiredToken);
    world.simulator.set_fault(expired.in_account(&account.systems_account));
    world.harvest().await;
    for row in world.harvests().await {
        if row.account_id != account.account_id {
            assert_eq!(row.state, HarvestState::Fresh, "{row:?}");
            continue;
        }
        let [error] = row.errors.as_slice() else { panic!("one error, not {:?}", row.errors) };
        assert_eq!((error.operation.as_str(), error.class), ("DescribeInstancePatches", ErrorClass::Credentials));
    }
    let sessions = calls_of(&world, "AssumeRole", &account.systems_account);
    assert_eq!(sessions, 3, "renewed twice and then given up");
}
