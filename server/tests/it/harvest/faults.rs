//! Denied, aborted and broken answers of AWS: what was read is stored, and each failed operation is one error. Special
//! cases are in `broken_answers`, `clocks` and `throttling`.

use crate::support::world::World;
use muster_model::{freshness::HarvestState, harvest::ErrorClass};
use muster_simulator::{Fault, FaultKind};

/// A world that was harvested once without errors, one day later.
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
async fn a_denied_operation_is_one_error_and_all_stored_rows_are_kept() {
    let world = harvested_once().await;
    world.simulator.set_fault(Fault::on("GetInventory", FaultKind::AccessDenied));
    world.harvest().await;
    for row in world.harvests().await {
        assert_eq!(row.state, HarvestState::Partial, "{row:?}");
        let [error] = row.errors.as_slice() else { panic!("one error, not {:?}", row.errors) };
        assert_eq!((error.operation.as_str(), error.class), ("GetInventory", ErrorClass::Denied));
    }
    assert!(world.count("SELECT count(*) FROM tag").await > 0, "the stored tags were deleted");
    assert!(world.count("SELECT count(*) FROM software").await > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_failing_account_stops_no_other_account() {
    let world = harvested_once().await;
    let failing = world.harvester.accounts[0].clone();
    let fault = Fault::on("DescribeInstanceInformation", FaultKind::InternalServerError);
    world.simulator.set_fault(fault.in_account(&failing.systems_account));
    let before = world.count("SELECT count(*) FROM instance WHERE gone_at IS NULL").await;
    world.harvest().await;
    for row in world.harvests().await {
        let expected = if row.account_id == failing.account_id { HarvestState::Failing } else { HarvestState::Fresh };
        assert_eq!(row.state, expected, "{row:?}");
    }
    let after = world.count("SELECT count(*) FROM instance WHERE gone_at IS NULL").await;
    assert_eq!(before, after, "a failed harvest must not make instances disappear");
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_answers_never_replace_stored_rows() {
    for kind in [FaultKind::TruncatedBody, FaultKind::EmptyBody, FaultKind::HtmlBody500, FaultKind::DropConnection] {
        let world = harvested_once().await;
        let name = format!("{kind:?}");
        let updates = world.count("SELECT count(*) FROM instance_update").await;
        world.simulator.set_fault(Fault::everywhere(kind));
        world.harvest().await;
        assert_eq!(world.count("SELECT count(*) FROM instance_update").await, updates, "{name}");
        assert_eq!(world.count("SELECT count(*) FROM instance WHERE gone_at IS NOT NULL").await, 0, "{name}");
        assert!(world.harvests().await.iter().all(|row| !row.errors.is_empty()), "{name}");

        world.simulator.clear_faults();
        world.harvest().await;
        assert!(
            world.harvests().await.iter().all(|row| row.state == HarvestState::Fresh),
            "{name}: the next harvest must recover"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_has_the_time_of_its_first_occurrence() {
    let world = harvested_once().await;
    world.simulator.set_fault(Fault::on("ListCommands", FaultKind::AccessDenied));
    let first = muster_core::clock::Clock::now(world.clock.as_ref());
    world.harvest().await;
    world.next_day();
    world.harvest().await;
    for row in world.harvests().await {
        assert_eq!(row.errors[0].since, first);
    }
}
