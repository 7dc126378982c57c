//! Seventeen quirks of Systems Manager that its model and documentation do not mention: one test for each, which fails
//! without the handling of the quirk. Each test also asserts that the simulator has the quirk.
//!
//! | quirk | test |
//! |---|---|
//! | 1 states are in camel case on the wire, unlike in the model | `ssm_quirks_values::quirk_01_states_are_stored_in_camel_case_in_either_spelling` |
//! | 2 more than 50 rows of patch states or patches are refused | `ssm_quirks_requests::quirk_02_patch_pages_have_50_rows_because_51_are_refused` |
//! | 3 the SDK does not check maxima | `ssm_quirks_requests::quirk_03_requests_have_at_most_50_ids_because_the_sdk_does_not_check` |
//! | 4 pages of nodes have 10 rows by default | `ssm_quirks_requests::quirk_04_node_pages_have_50_rows_because_the_default_is_10` |
//! | 5 an empty page can have a next page, an empty token ends the list | `ssm_quirks::quirk_05_an_empty_token_ends_a_list_and_an_empty_page_does_not` |
//! | 6 a KB id is not unique on a node, and titles can be empty | `ssm_quirks_values::quirk_06_title_and_kb_id_together_identify_an_update` |
//! | 7 updates that are not installed have an install time in 1970 | `ssm_quirks_values::quirk_07_an_install_time_of_1970_is_stored_as_null` |
//! | 8 failed scans have counts of -1 and ended in 1970 | `ssm_quirks_values::quirk_08_counts_of_minus_one_give_the_status_no_data` |
//! | 9 numbers in the inventory are text | `ssm_quirks_values::quirk_09_inventory_numbers_are_parsed_from_text` |
//! | 10 the list of nodes omits stopped and terminated nodes | `ssm_quirks::quirk_10_only_the_inventory_lists_stopped_and_terminated_nodes` |
//! | 11 filters of nodes cannot be combined | `ssm_quirks_requests::quirk_11_nodes_are_listed_without_filters_because_mixed_filters_are_refused` |
//! | 12 a list of resource ids may have one id only | `ssm_quirks_requests::quirk_12_compliance_items_take_one_resource_and_are_never_requested` |
//! | 13 lists of commands lag behind | `ssm_quirks::quirk_13_runs_missing_from_lagging_lists_are_found_later` |
//! | 14 the instance name of a result is empty | `ssm_quirks_values::quirk_14_run_results_are_matched_to_instances_by_id` |
//! | 15 ids of AWS's baselines are ARNs | `ssm_quirks_values::quirk_15_aws_baselines_keep_their_arns` |
//! | 16 the tag is `Patch Group` or `PatchGroup`, and case counts | `ssm_quirks_values::quirk_16_two_case_sensitive_tags_give_the_patch_group` |
//! | 17 hybrid nodes cannot run AWS-RunPatchBaselineAssociation | `ssm_quirks_requests::quirk_17_runs_of_every_document_that_patches_are_read` |

use crate::{
    harvest::wire_proxy::{WireProxy, with_wire_proxy},
    support::{table::rows, world::World},
};
use jiff::SignedDuration;
use muster_access::principal::Principal;
use muster_model::{filter::InstanceFilter, freshness::HarvestState, ports::Reports};
use muster_simulator::{Estate, Fault, FaultKind, GeneratedSpec, TrueInvocation, estate::inventory};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The small estate on its last day, behind a wire proxy.
pub async fn last_day() -> (World, WireProxy) {
    let world = World::small().await;
    world.skip_to_last_day();
    with_wire_proxy(world).await
}

/// One account with more nodes than a request takes, and more updates on each than a page has.
pub async fn many_nodes() -> (World, WireProxy) {
    let spec = GeneratedSpec { seed: 1, accounts: 1, instances_per_account: 120, updates_per_instance: 60 };
    with_wire_proxy(World::of(Estate::generated(&spec)).await).await
}

pub fn current(world: &World) -> usize {
    world.estate.read().expect("the estate").instances().iter().filter(|one| one.current).count()
}

/// Every paginated operation of a harvest, with the member that holds its rows.
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

/// The number of rows that the last harvests read, by operation.
async fn rows_read(world: &World) -> Vec<[String; 2]> {
    let sql = "SELECT operation, sum(rows) FROM harvest_operation o JOIN account_region r
               ON r.last_harvest_id = o.harvest_id GROUP BY ALL";
    rows(world, sql).await
}

#[tokio::test(flavor = "multi_thread")]
async fn quirk_05_an_empty_token_ends_a_list_and_an_empty_page_does_not() {
    let (unaltered, _) = last_day().await;
    unaltered.harvest().await;
    let expected = rows_read(&unaltered).await;

    let (world, wire_proxy) = last_day().await;
    for (operation, _) in LISTS {
        world.simulator.set_fault(Fault::on(operation, FaultKind::TokenChain).times(2));
    }
    let round = world.harvest().await;
    assert_eq!((round.failed, round.partial), (0, 0));
    assert_eq!(rows_read(&world).await, expected, "an empty page ended a list");
    for (operation, list) in LISTS {
        let answers = wire_proxy.exchanges(operation);
        let mut empty = answers.iter().filter(|one| one.answer[list].as_array().is_some_and(Vec::is_empty));
        assert!(empty.any(|one| one.answer["NextToken"].is_string()), "no empty page of {operation} has a token");
    }

    let (world, wire_proxy) = last_day().await;
    world.simulator.set_fault(Fault::everywhere(FaultKind::EmptyTokenAtEnd));
    let round = world.harvest().await;
    assert_eq!((round.failed, round.partial), (0, 0));
    assert_eq!(rows_read(&world).await, expected, "an empty token did not end a list");
    for (operation, _) in LISTS {
        let answers = wire_proxy.exchanges(operation);
        assert!(answers.iter().any(|one| one.answer["NextToken"] == ""), "no list of {operation} ended in \"\"");
    }

    let (world, _) = many_nodes().await;
    world.simulator.set_fault(Fault::on("DescribeInstanceInformation", FaultKind::TokenChain).after(1).times(2));
    world.harvest().await;
    let stored = world.count("SELECT count(*) FROM instance").await;
    assert_eq!(stored, current(&world) as i64, "an empty page ended the list");
}

/// Instances that leave for good, leave for a while, or lose contact.
const LEAVING_INSTANCES: &str = r#"
name = "leavers"
seed = 5
first_day = "2025-10-24"
last_day = "2025-11-23"

[mix]
offline = 1
returns = 1

[[customers]]
id = "c-1"
name = "Leavers"

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
async fn quirk_10_only_the_inventory_lists_stopped_and_terminated_nodes() {
    let spec = toml::from_str(LEAVING_INSTANCES).expect("a spec");
    let (world, wire_proxy) = with_wire_proxy(World::new(&spec).await).await;
    let (mut seen, mut ever): (BTreeSet<String>, BTreeSet<[String; 1]>) = Default::default();
    loop {
        wire_proxy.forget();
        world.harvest().await;
        let (mut nodes, mut listed, mut missed, mut stopped) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
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
                    if status == "Stopped" {
                        stopped.push([id.clone()]);
                    }
                    nodes.push([id, status.to_owned()]);
                }
            }
        }
        nodes.sort();
        listed.sort();
        assert_eq!(rows::<2>(&world, "SELECT instance_id, status FROM node").await, nodes);
        ever.extend(listed.iter().cloned());
        let (current, left): (Vec<_>, Vec<_>) =
            ever.iter().cloned().partition(|id| listed.contains(id) || stopped.contains(id));
        let query = "SELECT instance_id FROM instance WHERE gone_at IS NULL";
        assert_eq!(rows::<1>(&world, query).await, current, "stopped instances are current");
        let kept = "SELECT instance_id FROM instance WHERE gone_at IS NOT NULL";
        assert_eq!(rows::<1>(&world, kept).await, left, "instances that left are kept");
        let answered = wire_proxy.rows("DescribeInstanceInformation", "InstanceInformationList");
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
    assert_eq!(seen, BTreeSet::from(all), "the estate must show every status");

    // `Inactive`, a ping status that only the model has, does not count as online.
    wire_proxy.alter(|operation, _, answer| {
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
    let oldest_listed = estate.now() - SignedDuration::from_hours(30 * 24);
    estate.invocations().into_iter().filter(|one| one.requested_at >= oldest_listed).collect()
}

/// The command and instance of every run result that Systems Manager still lists.
fn true_results(world: &World) -> Vec<[String; 2]> {
    let results = results(&world.estate.read().expect("the estate"));
    let mut ids: Vec<_> = results.iter().map(|one| [one.command_id.to_string(), one.instance_id.to_string()]).collect();
    ids.sort();
    ids
}

const STORED_RESULTS: &str = "SELECT command_id, instance_id FROM invocation";

/// Finds the earlier of the latest two commands of an account and Region, if they are less than an hour apart.
fn overtaken_command(estate: &Estate) -> Option<String> {
    let mut by_target: BTreeMap<_, BTreeMap<_, String>> = BTreeMap::new();
    for one in results(estate) {
        let commands_of_target = by_target.entry((one.account_id.to_string(), one.region.to_string())).or_default();
        commands_of_target.insert(one.requested_at, one.command_id.to_string());
    }
    by_target.values().find_map(|commands| {
        let mut latest = commands.iter().rev();
        let ((newest, _), (before, command)) = (latest.next()?, latest.next()?);
        (newest.duration_since(*before) < SignedDuration::from_mins(55)).then(|| command.clone())
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn quirk_13_runs_missing_from_lagging_lists_are_found_later() {
    let (world, wire_proxy) = last_day().await;
    for operation in ["ListCommands", "ListCommandInvocations"] {
        world.simulator.set_fault(Fault::on(operation, FaultKind::Lagging));
    }
    let round = world.harvest().await;
    assert_eq!((round.failed, round.partial), (0, 0), "a lagging list is not an error");
    let lagging = rows::<2>(&world, STORED_RESULTS).await;
    assert!(!lagging.is_empty() && lagging.len() < true_results(&world).len(), "nothing lagged");
    world.simulator.clear_faults();
    world.harvest().await;
    assert_eq!(rows::<2>(&world, STORED_RESULTS).await, true_results(&world), "after the lists have caught up");

    // Harder: of two commands, the list has the later one first.
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
    wire_proxy.alter(move |operation, _, answer| {
        let list = match operation {
            "ListCommands" => "Commands",
            "ListCommandInvocations" => "CommandInvocations",
            _ => return,
        };
        answer[list].as_array_mut().into_iter().for_each(|rows| rows.retain(|row| row["CommandId"] != hidden.as_str()));
    });
    world.harvest().await;
    let stored = rows::<2>(&world, STORED_RESULTS).await;
    assert!(stored.iter().all(|[command, _]| *command != overtaken), "the command was not hidden");
    wire_proxy.stop_altering();
    world.harvest().await;
    let stored: BTreeSet<_> = rows::<2>(&world, STORED_RESULTS).await.into_iter().collect();
    assert!(true_results(&world).iter().all(|result| stored.contains(result)), "an overtaken command was lost");
    assert!(world.harvests().await.iter().all(|row| row.state == HarvestState::Fresh));
}
