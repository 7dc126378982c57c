//! The seventeen traps of Systems Manager that its model and documentation do not tell, each one test that fails without
//! its handling. Each also shows that the simulator really sets the trap, so that none can pass over nothing.
//!
//! | trap | test |
//! |---|---|
//! | 1 states are CamelCase on the wire, not as in the model | `traps_values::trap_01_states_are_kept_as_the_wire_spells_them_however_they_come` |
//! | 2 more than 50 rows of patch states or patches are refused | `traps_requests::trap_02_patch_pages_are_asked_for_50_rows_because_51_are_refused` |
//! | 3 the SDK checks no maximum | `traps_requests::trap_03_ids_are_asked_for_50_at_a_time_because_only_the_service_counts_them` |
//! | 4 nodes come 10 a page by default | `traps_requests::trap_04_nodes_are_asked_for_50_a_page_because_the_default_is_10` |
//! | 5 empty pages go on, an empty token is the end | `traps::trap_05_an_empty_page_is_not_the_end_and_an_empty_token_is` |
//! | 6 a KB id is not unique on a node, and titles are empty | `traps_values::trap_06_an_update_is_known_by_title_and_kb_id_together` |
//! | 7 what is not installed was installed in 1970 | `traps_values::trap_07_an_install_time_of_1970_is_none` |
//! | 8 failed scans count -1 and ended in 1970 | `traps_values::trap_08_counts_of_minus_one_are_kept_and_make_no_data` |
//! | 9 numbers of the inventory are text | `traps_values::trap_09_numbers_of_the_inventory_are_read_from_text` |
//! | 10 the list of nodes leaves out the stopped and the terminated | `traps::trap_10_what_is_stopped_or_terminated_is_known_by_the_inventory_alone` |
//! | 11 filters of nodes cannot be mixed | `traps_requests::trap_11_nodes_are_listed_without_filters_because_mixed_ones_are_refused` |
//! | 12 a list of resource ids may have one | `traps_requests::trap_12_compliance_items_take_one_resource_and_are_never_asked_for` |
//! | 13 lists of commands lag behind | `traps::trap_13_runs_that_the_lists_do_not_know_yet_are_found_later` |
//! | 14 the instance name of a result is empty | `traps_values::trap_14_results_belong_to_instances_by_id_because_their_name_is_empty` |
//! | 15 ids of AWS's own baselines are ARNs | `traps_values::trap_15_a_baseline_of_aws_keeps_its_arn_everywhere` |
//! | 16 the tag is `Patch Group` or `PatchGroup`, in that case | `traps_values::trap_16_a_patch_group_is_told_by_two_tags_and_their_case_counts` |
//! | 17 AWS-RunPatchBaselineAssociation is not for hybrid nodes | `traps_requests::trap_17_runs_are_those_of_the_one_document_that_hybrid_nodes_know` |

use crate::{
    harvest::wire_proxy::{Tap, tapped},
    support::{table::rows, world::World},
};
use jiff::SignedDuration;
use muster_access::principal::Principal;
use muster_model::{filter::InstanceFilter, freshness::HarvestState, ports::Reports};
use muster_simulator::{Estate, Fault, FaultKind, GeneratedSpec, TrueInvocation, estate::inventory};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The small estate on its last day, with a tap on its wire.
pub async fn last_day() -> (World, Tap) {
    let world = World::small().await;
    world.skip_to_last_day();
    tapped(world).await
}

/// One account with more nodes, and more updates on each, than a page or a call takes.
pub async fn many_nodes() -> (World, Tap) {
    let spec = GeneratedSpec { seed: 1, accounts: 1, instances_per_account: 120, updates_per_instance: 60 };
    tapped(World::of(Estate::generated(&spec)).await).await
}

pub fn current(world: &World) -> usize {
    world.estate.read().expect("the estate").instances().iter().filter(|one| one.current).count()
}

/// Every list that a harvest follows page by page, with the name of its rows.
const LISTS: [(&str, &str); 13] = [
    ("DescribeInstanceInformation", "InstanceInformationList"),
    ("DescribeInstancePatchStates", "InstancePatchStates"),
    ("DescribeInstancePatches", "Patches"),
    ("ListCommands", "Commands"),
    ("ListCommandInvocations", "CommandInvocations"),
    ("GetInventory", "Entities"),
    ("DescribePatchBaselines", "BaselineIdentities"),
    ("DescribePatchGroups", "Mappings"),
    ("DescribeMaintenanceWindows", "WindowIdentities"),
    ("DescribeMaintenanceWindowTargets", "Targets"),
    ("DescribeMaintenanceWindowTasks", "Tasks"),
    ("DescribeMaintenanceWindowExecutions", "WindowExecutions"),
    ("ListAssociations", "Associations"),
];

/// What a harvest read, by operation.
async fn rows_read(world: &World) -> Vec<[String; 2]> {
    let sql = "SELECT operation, sum(rows) FROM harvest_operation o JOIN account_region r
               ON r.last_harvest_id = o.harvest_id GROUP BY ALL";
    rows(world, sql).await
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_05_an_empty_page_is_not_the_end_and_an_empty_token_is() {
    let (honest, _) = last_day().await;
    honest.harvest().await;
    let expected = rows_read(&honest).await;

    let (world, tap) = last_day().await;
    for (operation, _) in LISTS {
        world.simulator.set_fault(Fault::on(operation, FaultKind::TokenChain).times(2));
    }
    let round = world.harvest().await;
    assert_eq!((round.failed, round.partial), (0, 0));
    assert_eq!(rows_read(&world).await, expected, "empty pages were taken for the end");
    for (operation, list) in LISTS {
        let answers = tap.about(operation);
        let mut empty = answers.iter().filter(|one| one.answer[list].as_array().is_some_and(Vec::is_empty));
        assert!(empty.any(|one| one.answer["NextToken"].is_string()), "no empty page of {operation} went on");
    }

    let (world, tap) = last_day().await;
    world.simulator.set_fault(Fault::everywhere(FaultKind::EmptyTokenAtEnd));
    let round = world.harvest().await;
    assert_eq!((round.failed, round.partial), (0, 0));
    assert_eq!(rows_read(&world).await, expected, "an empty token was taken for a page");
    for (operation, _) in LISTS {
        let answers = tap.about(operation);
        assert!(answers.iter().any(|one| one.answer["NextToken"] == ""), "no list of {operation} ended in \"\"");
    }

    let (world, _) = many_nodes().await;
    world.simulator.set_fault(Fault::on("DescribeInstanceInformation", FaultKind::TokenChain).after(1).times(2));
    world.harvest().await;
    let stored = world.count("SELECT count(*) FROM instance").await;
    assert_eq!(stored, current(&world) as i64, "an empty page in the middle was taken for the end");
}

/// Machines that leave for good, for a while, or fall silent.
const COMINGS_AND_GOINGS: &str = r#"
name = "comings"
seed = 5
first_day = "2025-10-24"
last_day = "2025-11-23"

[mix]
offline = 1
returns = 1

[[customers]]
id = "c-1"
name = "Comings"

[[customers.accounts]]
provider = "vmware"
id = "org-000001"
name = "Datacenter 1"
prefix = "dc1"
regions = ["us-east-1"]
instances = 3
retired = 1
platforms = ["windows-2022", "rhel-9"]
"#;

#[tokio::test(flavor = "multi_thread")]
async fn trap_10_what_is_stopped_or_terminated_is_known_by_the_inventory_alone() {
    let spec = toml::from_str(COMINGS_AND_GOINGS).expect("a spec");
    let (world, tap) = tapped(World::new(&spec).await).await;
    let (mut seen, mut ever): (BTreeSet<String>, BTreeSet<[String; 1]>) = Default::default();
    loop {
        tap.forget();
        world.harvest().await;
        let (mut nodes, mut listed, mut missed) = (Vec::new(), Vec::new(), Vec::new());
        {
            let estate = world.estate.read().expect("the estate");
            for site in estate.sites() {
                for instance in &site.instances {
                    let id = instance.id.to_string();
                    let Some(status) = inventory::status(instance, estate.today()) else { continue };
                    match instance.is_current(estate.today()) {
                        true => listed.push([id.clone()]),
                        false => missed.push(id.clone()),
                    }
                    nodes.push([id, status.to_owned()]);
                }
            }
        }
        nodes.sort();
        listed.sort();
        assert_eq!(rows::<2>(&world, "SELECT instance_id, status FROM node").await, nodes);
        let current = "SELECT instance_id FROM instance WHERE gone_at IS NULL";
        assert_eq!(rows::<1>(&world, current).await, listed, "who is gone, or back again");
        ever.extend(listed.iter().cloned());
        let gone: Vec<_> = ever.iter().filter(|id| !listed.contains(id)).cloned().collect();
        let kept = "SELECT instance_id FROM instance WHERE gone_at IS NOT NULL";
        assert_eq!(rows::<1>(&world, kept).await, gone, "who is gone is not forgotten");
        let answered = tap.rows("DescribeInstanceInformation", "InstanceInformationList");
        assert!(answered.iter().all(|node| missed.iter().all(|id| node["InstanceId"] != id.as_str())));
        let pings: Vec<_> = answered.iter().filter_map(|node| node["PingStatus"].as_str()).collect();
        assert!(pings.iter().all(|ping| ["Online", "ConnectionLost"].contains(ping)), "{pings:?}");
        seen.extend(nodes.into_iter().map(|[_, status]| status));
        if world.is_at_last_day() {
            break;
        }
        world.next_day();
    }
    let all = ["Active", "ConnectionLost", "Stopped", "Terminated"].map(str::to_owned);
    assert_eq!(seen, BTreeSet::from(all), "the estate has not shown every status");

    // The model's third word for it, should anybody still say it, is not "online".
    tap.alter(|operation, _, answer| {
        if operation == "DescribeInstanceInformation" {
            let nodes = answer["InstanceInformationList"].as_array_mut().into_iter().flatten();
            nodes.for_each(|node| node["PingStatus"] = Value::from("Inactive"));
        }
    });
    world.harvest().await;
    let reports = world.source().for_scope(Principal::local().scope());
    let instances = reports.instances(InstanceFilter::default()).await.expect("the instances");
    assert!(!instances.rows.is_empty() && instances.rows.iter().all(|row| !row.online));
}

fn results(estate: &Estate) -> Vec<TrueInvocation> {
    let remembered = estate.now() - SignedDuration::from_hours(30 * 24);
    estate.invocations().into_iter().filter(|one| one.requested_at >= remembered).collect()
}

/// Command and instance of every result that Systems Manager still knows.
fn true_results(world: &World) -> Vec<[String; 2]> {
    let results = results(&world.estate.read().expect("the estate"));
    let mut ids: Vec<_> = results.iter().map(|one| [one.command_id.to_string(), one.instance_id.to_string()]).collect();
    ids.sort();
    ids
}

const STORED_RESULTS: &str = "SELECT command_id, instance_id FROM invocation";

/// The earlier of two commands that were sent to one place within the last hour of commands there.
fn overtaken_command(estate: &Estate) -> Option<String> {
    let mut by_place: BTreeMap<_, BTreeMap<_, String>> = BTreeMap::new();
    for one in results(estate) {
        let place = by_place.entry((one.account_id.to_string(), one.region.to_string())).or_default();
        place.insert(one.requested_at, one.command_id.to_string());
    }
    by_place.values().find_map(|commands| {
        let mut latest = commands.iter().rev();
        let ((newest, _), (before, command)) = (latest.next()?, latest.next()?);
        (newest.duration_since(*before) < SignedDuration::from_mins(55)).then(|| command.clone())
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_13_runs_that_the_lists_do_not_know_yet_are_found_later() {
    let (world, tap) = last_day().await;
    for operation in ["ListCommands", "ListCommandInvocations"] {
        world.simulator.set_fault(Fault::on(operation, FaultKind::Lagging));
    }
    let round = world.harvest().await;
    assert_eq!((round.failed, round.partial), (0, 0), "a list that lags is a good answer");
    let lagging = rows::<2>(&world, STORED_RESULTS).await;
    assert!(!lagging.is_empty() && lagging.len() < true_results(&world).len(), "nothing lagged");
    world.simulator.clear_faults();
    world.harvest().await;
    assert_eq!(rows::<2>(&world, STORED_RESULTS).await, true_results(&world), "after all of it was late");

    // Worse: of two commands, the list knows the later one first.
    let mut overtaken = None;
    for _ in 0..30 {
        world.next_day();
        overtaken = overtaken_command(&world.estate.read().expect("the estate"));
        if overtaken.is_some() {
            break;
        }
        world.harvest().await;
    }
    let overtaken = overtaken.expect("two commands within an hour");
    let hidden = overtaken.clone();
    tap.alter(move |operation, _, answer| {
        let list = match operation {
            "ListCommands" => "Commands",
            "ListCommandInvocations" => "CommandInvocations",
            _ => return,
        };
        answer[list].as_array_mut().into_iter().for_each(|rows| rows.retain(|row| row["CommandId"] != hidden.as_str()));
    });
    world.harvest().await;
    let stored = rows::<2>(&world, STORED_RESULTS).await;
    assert!(stored.iter().all(|[command, _]| *command != overtaken), "it was not hidden");
    tap.leave_alone();
    world.harvest().await;
    let stored: BTreeSet<_> = rows::<2>(&world, STORED_RESULTS).await.into_iter().collect();
    assert!(true_results(&world).iter().all(|result| stored.contains(result)), "a command was overtaken and lost");
    assert!(world.harvests().await.iter().all(|row| row.state == HarvestState::Fresh));
}
