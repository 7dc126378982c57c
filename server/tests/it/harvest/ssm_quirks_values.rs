//! Quirks of answers: values with unexpected spelling, counts or types. The header of `ssm_quirks` lists the quirks and
//! their tests.

use crate::{
    harvest::{ssm_quirks::last_day, wire_proxy::WireProxy},
    support::{table::rows, world::World},
};
use muster_access::principal::Principal;
use muster_harvest::round::RoundOptions;
use muster_model::{filter::InstanceFilter, instance::InstanceRow, patch_status::PatchStatus, ports::Reports};
use muster_simulator::{
    Fault, FaultKind,
    estate::{instance::Instance, inventory},
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const PATCHES: (&str, &str) = ("DescribeInstancePatches", "Patches");
const STATES: (&str, &str) = ("DescribeInstancePatchStates", "InstancePatchStates");

async fn instances(world: &World) -> Vec<InstanceRow> {
    let reports = world.source().for_scope(Principal::local().scope());
    reports.instances(InstanceFilter::default()).await.expect("the instances").rows
}

async fn full_harvest(world: &World) {
    let full = RoundOptions { full: true, ..RoundOptions::default() };
    let round = world.harvester.round(&full, &muster_harvest::progress::NoProgress).await.expect("a store");
    assert_eq!((round.failed, round.partial), (0, 0));
}

fn texts(rows: &[Value], key: &str) -> BTreeSet<String> {
    rows.iter().filter_map(|row| row[key].as_str()).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn quirk_01_states_are_stored_in_camel_case_in_either_spelling() {
    let (world, wire_proxy) = last_day().await;
    world.harvest().await;
    let sent = texts(&wire_proxy.rows(PATCHES.0, PATCHES.1), "State");
    for state in ["Installed", "InstalledOther", "InstalledPendingReboot", "Missing", "Failed", "NotApplicable"] {
        assert!(sent.contains(state), "{state} is not among {sent:?}");
    }
    const STORED: &str = "SELECT state, count(*) FROM instance_update GROUP BY ALL";
    let stored = rows::<2>(&world, STORED).await;
    assert_eq!(stored.iter().map(|[state, _]| state.clone()).collect::<BTreeSet<_>>(), sent);
    let statuses = |rows: Vec<InstanceRow>| rows.into_iter().map(|row| row.patch_status).collect::<Vec<_>>();
    let before = statuses(instances(&world).await);

    // The spelling of the model: if the service used it, the stored states would be the same.
    wire_proxy.alter(|operation, _, answer| {
        for row in answer[PATCHES.1].as_array_mut().into_iter().flatten().filter(|_| operation == PATCHES.0) {
            let mut upper_snake = String::new();
            for letter in row["State"].as_str().unwrap_or_default().chars() {
                if letter.is_uppercase() && !upper_snake.is_empty() {
                    upper_snake.push('_');
                }
                upper_snake.push(letter.to_ascii_uppercase());
            }
            row["State"] = upper_snake.into();
        }
    });
    wire_proxy.forget();
    full_harvest(&world).await;
    assert!(texts(&wire_proxy.rows(PATCHES.0, PATCHES.1), "State").contains("INSTALLED_PENDING_REBOOT"));
    assert_eq!(rows::<2>(&world, STORED).await, stored);
    assert_eq!(statuses(instances(&world).await), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn quirk_06_title_and_kb_id_together_identify_an_update() {
    let (world, wire_proxy) = last_day().await;
    world.harvest().await;
    let mut sent: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let mut untitled = BTreeSet::new();
    for one in wire_proxy.exchanges(PATCHES.0) {
        let instance = one.sent["InstanceId"].as_str().unwrap_or_default();
        for row in one.answer[PATCHES.1].as_array().into_iter().flatten() {
            let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
            if text("Title").is_empty() {
                untitled.insert([instance.to_owned(), text("KBId")]);
            }
            sent.entry((instance.to_owned(), text("KBId"))).or_default().insert(text("Title"));
        }
    }
    let repeated: Vec<_> = sent.iter().filter(|(_, titles)| titles.len() > 1).collect();
    assert!(repeated.iter().any(|((_, kb_id), _)| kb_id == "kernel.x86_64"), "no node has two kernels with one KB id");
    assert!(untitled.len() > 1, "fewer than two updates without a title");

    let stored: Vec<[String; 3]> = rows(
        &world,
        "SELECT i.instance_id, p.kb_id, p.title FROM instance_update u JOIN patch p USING (patch_key)
         JOIN instance i USING (instance_key)",
    )
    .await;
    let expected: BTreeSet<[String; 3]> = sent
        .iter()
        .flat_map(|((id, kb), titles)| titles.iter().map(move |title| [id.clone(), kb.clone(), title.clone()]))
        .collect();
    assert_eq!(stored.len(), expected.len(), "rows were merged or stored twice");
    assert_eq!(stored.iter().cloned().collect::<BTreeSet<_>>(), expected);
    let found: BTreeSet<[String; 2]> =
        stored.into_iter().filter(|row| row[2].is_empty()).map(|[id, kb, _]| [id, kb]).collect();
    assert_eq!(found, untitled);
}

#[tokio::test(flavor = "multi_thread")]
async fn quirk_07_an_install_time_of_1970_is_stored_as_null() {
    let (world, wire_proxy) = last_day().await;
    world.harvest().await;
    let sent = wire_proxy.rows(PATCHES.0, PATCHES.1);
    let zero = |row: &&Value| row["InstalledTime"].as_f64() == Some(0.0);
    let missing: Vec<_> = sent.iter().filter(|row| row["State"] == "Missing").collect();
    assert!(!missing.is_empty() && missing.iter().all(zero), "missing updates have an install time in 1970");
    let unknown = sent.iter().filter(zero).count();
    let stored =
        "SELECT count(*) FILTER (installed_at IS NULL), count(*), count(*) FILTER (installed_at < '2000-01-01')
                  FROM instance_update";
    let counts = [unknown.to_string(), sent.len().to_string(), "0".to_owned()];
    assert_eq!(rows::<3>(&world, stored).await, [counts]);
}

#[tokio::test(flavor = "multi_thread")]
async fn quirk_08_counts_of_minus_one_give_the_status_no_data() {
    let (world, wire_proxy) = last_day().await;
    world.harvest().await;
    let sent = wire_proxy.rows(STATES.0, STATES.1);
    let failed: Vec<_> = sent.iter().filter(|state| state["InstalledCount"] == -1).collect();
    let [failed] = failed.as_slice() else { panic!("one failed scan expected, not {failed:?}") };
    assert_eq!((failed["OperationStartTime"].as_f64(), failed["OperationEndTime"].as_f64()), (Some(0.0), Some(0.0)));
    let healthy = |state: &&Value| state["InstalledCount"].as_i64() > Some(0);
    let unreported = sent.iter().filter(healthy).any(|state| state["UnreportedNotApplicableCount"] == -1);
    assert!(unreported, "no healthy node with a count of -1");

    let id = failed["InstanceId"].as_str().expect("an id");
    let all = "SELECT i.instance_id, COLUMNS('(_count|^operation_.*_at)$')
               FROM patch_operation JOIN patch_state USING (instance_key) JOIN instance i USING (instance_key)";
    let stored = rows::<13>(&world, all).await;
    let row = stored.iter().find(|row| row[0] == id).expect("a stored state");
    let text = row[1..].join(" ");
    assert_eq!(text, "- - -1 -1 -1 -1 -1 -1 -1 -1 -1 -1");
    let instances = instances(&world).await;
    let shown = instances.iter().find(|row| row.instance_id.as_str() == id).expect("an instance");
    assert_eq!((shown.patch_status, shown.last_scan_at), (PatchStatus::NoData, None));
    assert_eq!((shown.missing, shown.failed, shown.pending_reboot), (0, 0, 0), "-1 must not be added to a sum");
}

#[tokio::test(flavor = "multi_thread")]
async fn quirk_09_inventory_numbers_are_parsed_from_text() {
    let (world, wire_proxy) = last_day().await;
    world.harvest().await;
    let entities = wire_proxy.rows("GetInventory", "Entities");
    let details = entities.iter().filter_map(|one| one["Data"]["AWS:InstanceDetailedInformation"]["Content"].get(0));
    let details: Vec<_> = details.collect();
    assert!(details.len() > 1 && details.iter().all(|row| row["CPUs"].is_string()), "{details:?}");
    let mut expected = Vec::new();
    {
        let estate = world.estate.read().expect("the estate");
        for instance in estate.sites().flat_map(|site| &site.instances) {
            if instance.is_current(estate.today()) && inventory::status(instance, estate.today()).is_some() {
                let entry = inventory::instance_detailed_information(instance);
                let value = |name: &str| entry.get(name).expect(name).to_owned();
                let [cpus, cores, sockets, speed] = ["CPUs", "CPUCores", "CPUSockets", "CPUSpeedMHz"].map(value);
                expected.push([instance.id.to_string(), cpus, cores, sockets, speed]);
            }
        }
    }
    expected.sort();
    // The columns are numeric: a number that was not parsed would be null.
    let stored = "SELECT i.instance_id, cpus + 0, cpu_cores + 0, cpu_sockets + 0, cpu_speed_mhz + 0
                  FROM hardware JOIN instance i USING (instance_key)";
    assert_eq!(rows::<5>(&world, stored).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn quirk_14_run_results_are_matched_to_instances_by_id() {
    let (world, wire_proxy) = last_day().await;
    world.harvest().await;
    let sent = wire_proxy.rows("ListCommandInvocations", "CommandInvocations");
    assert!(!sent.is_empty() && sent.iter().all(|row| row["InstanceName"] == ""), "a run result has an instance name");
    let stored = "SELECT count(*), count(DISTINCT instance_id) FROM invocation";
    let [[results, instances_with_results]] = rows::<2>(&world, stored).await.try_into().expect("a row");
    assert_eq!(
        (results, instances_with_results),
        (sent.len().to_string(), texts(&sent, "InstanceId").len().to_string())
    );
    for instance in instances(&world).await {
        let id = instance.instance_id.clone();
        let page = world.source().for_scope(Principal::local().scope()).instance(id.clone()).await.expect("a page");
        let results = sent.iter().filter(|row| row["InstanceId"] == id.as_str()).count();
        assert_eq!(page.runs, results as u64, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn quirk_15_aws_baselines_keep_their_arns() {
    let (world, wire_proxy) = last_day().await;
    world.harvest().await;
    let ids = texts(&wire_proxy.rows("DescribePatchBaselines", "BaselineIdentities"), "BaselineId");
    assert!(
        ids.iter().any(|id| id.starts_with("arn:aws:ssm:")) && ids.iter().any(|id| id.starts_with("pb-")),
        "{ids:?}"
    );
    let stored = rows::<1>(&world, "SELECT DISTINCT baseline_id FROM patch_baseline").await;
    assert_eq!(stored.into_iter().map(|[id]| id).collect::<BTreeSet<_>>(), ids);
    // The baseline of a node without a patch group is one of AWS's, with AWS's name.
    let used = "SELECT DISTINCT b.name FROM patch_state s JOIN instance i USING (instance_key)
                JOIN patch_baseline b USING (account_id, region, baseline_id) WHERE s.baseline_id LIKE 'arn:%'";
    let names = rows::<1>(&world, used).await;
    assert!(!names.is_empty() && names.iter().all(|[name]| name.starts_with("AWS-")), "{names:?}");
    // A second harvest knows which baselines of AWS are in use, and requests and stores their rules by ARN.
    wire_proxy.forget();
    world.harvest().await;
    let requested: BTreeSet<String> = wire_proxy
        .exchanges("GetPatchBaseline")
        .iter()
        .filter_map(|one| one.sent["BaselineId"].as_str().map(str::to_owned))
        .collect();
    let stored_arns =
        rows::<1>(&world, "SELECT DISTINCT baseline_id FROM patch_rule WHERE baseline_id LIKE 'arn:%'").await;
    assert!(
        !stored_arns.is_empty() && stored_arns.iter().all(|[id]| requested.contains(id)),
        "{requested:?}, {stored_arns:?}"
    );
}

fn rename_tags(wire_proxy: &WireProxy, name: &'static str) {
    wire_proxy.alter(move |operation, _, answer| {
        if operation != "GetInventory" {
            return;
        }
        for entity in answer["Entities"].as_array_mut().into_iter().flatten() {
            let Some(tags) = entity["Data"]["AWS:Tag"]["Content"].as_array_mut() else { continue };
            tags.iter_mut().filter(|tag| tag["Key"] == "Patch Group").for_each(|tag| tag["Key"] = json!(name));
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn quirk_16_two_case_sensitive_tags_give_the_patch_group() {
    let (world, wire_proxy) = last_day().await;
    // No instance has been scanned, so only the tags give the patch group.
    world.simulator.set_fault(Fault::on(STATES.0, FaultKind::AccessDenied));
    world.harvest().await;
    let truth: BTreeMap<String, String> = {
        let estate = world.estate.read().expect("the estate");
        let now = estate.instances().into_iter().filter(|one| one.current);
        now.map(|one| (one.instance_id.to_string(), one.patch_group.unwrap_or_default().to_owned())).collect()
    };
    assert!(truth.values().any(|group| !group.is_empty()) && truth.values().any(String::is_empty));
    let groups = async || -> BTreeMap<String, String> {
        instances(&world).await.into_iter().map(|row| (row.instance_id.to_string(), row.patch_group)).collect()
    };
    assert_eq!(groups().await, truth, "from the tag `Patch Group`");
    rename_tags(&wire_proxy, "PatchGroup");
    world.harvest().await;
    assert_eq!(groups().await, truth, "from the tag `PatchGroup`");
    rename_tags(&wire_proxy, "patch group");
    world.harvest().await;
    let in_inventory: BTreeSet<String> = {
        let estate = world.estate.read().expect("the estate");
        let known = |one: &&Instance| inventory::status(one, estate.today()).is_some();
        estate.sites().flat_map(|site| &site.instances).filter(known).map(|one| one.id.to_string()).collect()
    };
    let wrong_case = groups().await;
    let grouped = wrong_case.iter().filter(|(id, group)| in_inventory.contains(*id) && !group.is_empty()).count();
    assert_eq!(grouped, 0, "a tag with other case is another tag");
    // One baseline for each group and operating system.
    let twice = "SELECT patch_group FROM patch_group GROUP BY account_id, region, patch_group, operating_system
                 HAVING count(*) > 1";
    assert_eq!(rows::<1>(&world, twice).await, Vec::<[String; 1]>::new());
}
