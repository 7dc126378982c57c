//! Instances are listed by `DescribeInstanceProperties` while reference data is not due, in few requests, and the result is
//! the same as that of `DescribeInstanceInformation`.

use crate::{
    harvest::{
        ssm_quirks::last_day,
        wire_proxy::{WireProxy, refusal, sdk},
    },
    support::{table::rows, world::World},
};
use jiff::SignedDuration;
use muster_model::{freshness::HarvestState, harvest::ErrorClass};
use muster_simulator::{Fault, FaultKind};
use serde_json::json;

const INFORMATION: &str = "DescribeInstanceInformation";
const PROPERTIES: &str = "DescribeInstanceProperties";

/// Reads reference data once an hour, as configured by default.
fn hourly((mut world, wire_proxy): (World, WireProxy)) -> (World, WireProxy) {
    world.harvester.reference_data_interval = SignedDuration::from_mins(60);
    (world, wire_proxy)
}

async fn stored(world: &World) -> Vec<[String; 14]> {
    let sql = "SELECT account_id, region, instance_id, name, computer_name, ip_address, platform_type, platform_name,
                  platform_version, agent_version, agent_is_latest, resource_type, registered_at, gone_at IS NULL
               FROM instance ORDER BY ALL";
    rows(world, sql).await
}

fn calls(wire_proxy: &WireProxy, operation: &str) -> usize {
    wire_proxy.count(operation)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_between_two_readings_of_reference_data_changes_nothing_that_it_does_not_have() {
    let (world, wire_proxy) = hourly(last_day().await);
    world.harvest().await;
    assert_eq!(calls(&wire_proxy, PROPERTIES), 0, "the first list has everything");
    let before = stored(&world).await;
    wire_proxy.forget();
    world.harvest().await;
    assert_eq!(calls(&wire_proxy, INFORMATION), 0);
    let regions: usize = world.harvester.accounts.iter().map(|account| account.regions.len()).sum();
    assert_eq!(calls(&wire_proxy, PROPERTIES), regions);
    assert!(wire_proxy.exchanges(PROPERTIES).iter().all(|one| one.sent["MaxResults"] == 1_000));
    assert_eq!(stored(&world).await, before);
    assert!(world.harvests().await.iter().all(|row| row.state == HarvestState::Fresh && row.errors.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_instances_that_are_new_or_have_another_agent_are_asked_for() {
    let (world, wire_proxy) = hourly(last_day().await);
    world.harvest().await;
    let before = stored(&world).await;
    wire_proxy.forget();
    wire_proxy.alter(|operation, _, answer| {
        let list = if operation == PROPERTIES { "InstanceProperties" } else { "InstanceInformationList" };
        for row in answer[list].as_array_mut().into_iter().flatten().take(1) {
            row["AgentVersion"] = json!("3.9.9999.0");
        }
    });
    world.harvest().await;
    for request in wire_proxy.exchanges(INFORMATION) {
        let filters = request.sent["Filters"].as_array().expect("a filter");
        assert_eq!((filters.len(), &filters[0]["Key"]), (1, &json!("InstanceIds")));
        assert_eq!(filters[0]["Values"].as_array().map(Vec::len), Some(1), "only one agent is another");
    }
    let after = stored(&world).await;
    let changed = after.iter().zip(&before).filter(|(after, before)| after != before).count();
    let regions: usize = world.harvester.accounts.iter().map(|account| account.regions.len()).sum();
    assert_eq!(changed, regions);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_too_large_is_lowered_and_remembered() {
    let (world, wire_proxy) = hourly(last_day().await);
    world.harvest().await;
    let before = stored(&world).await;
    world.simulator.set_fault(Fault::on(PROPERTIES, FaultKind::PageRowsMax(50)));
    let regions: usize = world.harvester.accounts.iter().map(|account| account.regions.len()).sum();
    for (round, sizes) in [("first", vec![1_000, 50]), ("second", vec![50])] {
        wire_proxy.forget();
        world.harvest().await;
        let sent: Vec<_> = wire_proxy.exchanges(PROPERTIES).iter().map(|one| one.sent["MaxResults"].as_u64()).collect();
        for size in &sizes {
            assert_eq!(sent.iter().filter(|one| **one == Some(*size)).count(), regions, "{round}: {sent:?}");
        }
        assert_eq!((sent.len(), calls(&wire_proxy, INFORMATION)), (sizes.len() * regions, 0), "{round}");
        assert_eq!(stored(&world).await, before);
    }
    assert!(world.harvests().await.iter().all(|row| row.state == HarvestState::Fresh && row.errors.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_lacks_the_permission_is_harvested_all_the_same_and_it_is_said() {
    let (world, wire_proxy) = hourly(last_day().await);
    world.harvest().await;
    let before = stored(&world).await;
    world.simulator.set_fault(Fault::on(PROPERTIES, FaultKind::AccessDenied));
    for asked_again in [true, false] {
        wire_proxy.forget();
        let round = world.harvest().await;
        assert_eq!((round.failed, round.partial), (0, 0), "everything was read");
        assert_eq!(calls(&wire_proxy, PROPERTIES) > 0, asked_again);
        assert_eq!(stored(&world).await, before);
        for row in world.harvests().await {
            assert_eq!(row.state, HarvestState::Fresh, "{row:?}");
            let [error] = row.errors.as_slice() else { panic!("one error, not {:?}", row.errors) };
            assert_eq!((error.operation.as_str(), error.class), (PROPERTIES, ErrorClass::Denied));
            assert!(error.message.contains("listed by DescribeInstanceInformation"), "{error:?}");
        }
    }
}

/// Both limits of pages can be set: that of the documentation, and that of the service.
#[tokio::test(flavor = "multi_thread")]
async fn the_simulator_enforces_the_page_limits_of_the_documentation_or_of_the_service() {
    let (world, _) = hourly(last_day().await);
    let ssm = sdk(&world).await;
    let properties = |rows| ssm.describe_instance_properties().max_results(rows).send();
    assert!(properties(1_000).await.is_ok());
    assert_eq!(refusal(properties(1_001).await).0, "ValidationException");
    world.simulator.set_fault(Fault::on(PROPERTIES, FaultKind::PageRowsMax(50)));
    assert_eq!(refusal(properties(51).await).0, "ValidationException");
    let patches =
        |rows| ssm.describe_instance_patch_states().instance_ids("i-00000000000000000").max_results(rows).send();
    assert_eq!(refusal(patches(100).await).0, "ValidationException");
    world.simulator.set_fault(Fault::on("DescribeInstancePatchStates", FaultKind::PageRowsMax(100)));
    assert!(patches(100).await.is_ok());
}
