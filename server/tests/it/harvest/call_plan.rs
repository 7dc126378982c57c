//! How many requests an idle harvest sends, by operation, in a small and in a large account.

use crate::support::{table::rows, world::World};
use jiff::SignedDuration;
use muster_simulator::{Fault, FaultKind};
use std::collections::BTreeMap;

/// Instances of an account, and the most requests of an idle harvest of it.
const BUDGETS: [(usize, u64); 2] = [(5, 3), (1_000, 27)];
/// AWS's largest page of everything but `DescribeInstanceProperties`.
const PAGE_ROWS: usize = 50;
/// The inventory types that are read with reference data.
const INVENTORY_TYPES: u64 = 5;

/// One account with this number of instances, harvested once. Reference data is read once an hour, as by default.
async fn harvested(instances: usize) -> World {
    let mut world = World::generated(1, instances, 1).await;
    world.harvester.reference_data_interval = SignedDuration::from_mins(60);
    let round = world.harvest().await;
    assert_eq!((round.harvests, round.failed, round.partial), (1, 0, 0));
    assert_eq!(world.count("SELECT count(*) FROM instance WHERE gone_at IS NULL").await, instances as i64);
    world
}

/// The requests of the next harvest by operation; their sum is what the round reports.
async fn next_harvest(world: &World) -> BTreeMap<String, u64> {
    let round = world.harvest().await;
    assert_eq!((round.failed, round.partial), (0, 0));
    let last = "SELECT operation, api_calls FROM harvest_operation
                WHERE harvest_id = (SELECT max(harvest_id) FROM harvest) AND api_calls > 0";
    let calls = rows::<2>(world, last).await.into_iter();
    let calls: BTreeMap<_, _> = calls.map(|[operation, calls]| (operation, calls.parse().expect("a number"))).collect();
    assert_eq!(calls.values().sum::<u64>(), round.api_calls, "{calls:?}");
    calls
}

fn by_operation(calls: &[(&str, u64)]) -> BTreeMap<String, u64> {
    calls.iter().filter(|(_, calls)| *calls > 0).map(|(operation, calls)| ((*operation).to_owned(), *calls)).collect()
}

fn pages(instances: usize) -> u64 {
    instances.div_ceil(PAGE_ROWS) as u64
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_harvest_of_5_instances_takes_3_calls_and_one_of_1000_takes_22() {
    for (instances, budget) in BUDGETS {
        let world = harvested(instances).await;
        for _ in 0..2 {
            let calls = next_harvest(&world).await;
            let states = pages(instances);
            let expected =
                [("DescribeInstanceProperties", 1), ("DescribeInstancePatchStates", states), ("ListCommands", 1)];
            assert_eq!(calls, by_operation(&expected), "{instances} instances");
            assert!(calls.values().sum::<u64>() <= budget, "{instances} instances: {calls:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_pages_have_at_most_50_rows_the_list_takes_one_refused_request_and_its_pages() {
    for (instances, _) in BUDGETS {
        let world = harvested(instances).await;
        world.simulator.set_fault(Fault::on("DescribeInstanceProperties", FaultKind::PageRowsMax(PAGE_ROWS)));
        for refused in [1, 0] {
            let states = pages(instances);
            let expected = [
                ("DescribeInstanceProperties", refused + pages(instances)),
                ("DescribeInstancePatchStates", states),
                ("ListCommands", 1),
            ];
            assert_eq!(next_harvest(&world).await, by_operation(&expected), "{instances} instances");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_harvest_with_reference_data_takes_its_pages_of_each_list_and_three_calls_for_each_window() {
    for (instances, _) in BUDGETS {
        let mut world = harvested(instances).await;
        world.harvester.reference_data_interval = SignedDuration::ZERO;
        // The rules of a baseline of AWS are read once it is known to be used.
        world.harvest().await;
        let calls = next_harvest(&world).await;
        let each = pages(instances);
        let windows = u64::try_from(world.count("SELECT count(*) FROM maintenance_window").await).expect("a number");
        let hybrid =
            world.count("SELECT count(*) FROM instance WHERE instance_id LIKE 'mi-%' AND gone_at IS NULL").await;
        let expected = [
            ("DescribeInstanceInformation", each),
            ("DescribeInstancePatchStates", each),
            ("ListCommands", 1),
            ("GetInventory", INVENTORY_TYPES * each),
            ("DescribePatchBaselines", 1),
            ("DescribePatchGroups", 1),
            ("DescribeMaintenanceWindows", 1),
            ("DescribeMaintenanceWindowTargets", windows),
            ("DescribeMaintenanceWindowTasks", windows),
            ("DescribeMaintenanceWindowExecutions", windows),
            ("ListAssociations", 1),
            ("ListConfigurations", 1),
            ("GetServiceSetting", u64::from(hybrid > 0)),
        ];
        assert_eq!(calls, by_operation(&expected), "{instances} instances");
    }
}
