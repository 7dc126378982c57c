//! Traps of what comes back: values that are spelt, counted or typed otherwise than anybody would think. The header of
//! `traps` says which trap is which test.

use crate::{
    harvest::{ssm_quirks::last_day, wire_proxy::Tap},
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
async fn trap_01_states_are_kept_as_the_wire_spells_them_however_they_come() {
    let (world, tap) = last_day().await;
    world.harvest().await;
    let sent = texts(&tap.rows(PATCHES.0, PATCHES.1), "State");
    for state in ["Installed", "InstalledOther", "InstalledPendingReboot", "Missing", "Failed", "NotApplicable"] {
        assert!(sent.contains(state), "{state} is not among {sent:?}");
    }
    const STORED: &str = "SELECT state, count(*) FROM instance_update GROUP BY ALL";
    let stored = rows::<2>(&world, STORED).await;
    assert_eq!(stored.iter().map(|[state, _]| state.clone()).collect::<BTreeSet<_>>(), sent);
    let statuses = |rows: Vec<InstanceRow>| rows.into_iter().map(|row| row.patch_status).collect::<Vec<_>>();
    let before = statuses(instances(&world).await);

    // What the model calls them: should the service ever mean it, nothing has changed.
    tap.alter(|operation, _, answer| {
        for row in answer[PATCHES.1].as_array_mut().into_iter().flatten().filter(|_| operation == PATCHES.0) {
            let mut screaming = String::new();
            for letter in row["State"].as_str().unwrap_or_default().chars() {
                if letter.is_uppercase() && !screaming.is_empty() {
                    screaming.push('_');
                }
                screaming.push(letter.to_ascii_uppercase());
            }
            row["State"] = screaming.into();
        }
    });
    tap.forget();
    full_harvest(&world).await;
    assert!(texts(&tap.rows(PATCHES.0, PATCHES.1), "State").contains("INSTALLED_PENDING_REBOOT"));
    assert_eq!(rows::<2>(&world, STORED).await, stored);
    assert_eq!(statuses(instances(&world).await), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_06_an_update_is_known_by_title_and_kb_id_together() {
    let (world, tap) = last_day().await;
    world.harvest().await;
    let mut sent: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let mut untitled = BTreeSet::new();
    for one in tap.about(PATCHES.0) {
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
    assert!(repeated.iter().any(|((_, kb_id), _)| kb_id == "kernel.x86_64"), "no kernels of one name on one node");
    assert!(untitled.len() > 1, "no two updates without a title");

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
    assert_eq!(stored.len(), expected.len(), "rows were put together or stored twice");
    assert_eq!(stored.iter().cloned().collect::<BTreeSet<_>>(), expected);
    let found: BTreeSet<[String; 2]> =
        stored.into_iter().filter(|row| row[2].is_empty()).map(|[id, kb, _]| [id, kb]).collect();
    assert_eq!(found, untitled);
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_07_an_install_time_of_1970_is_none() {
    let (world, tap) = last_day().await;
    world.harvest().await;
    let sent = tap.rows(PATCHES.0, PATCHES.1);
    let zero = |row: &&Value| row["InstalledTime"].as_f64() == Some(0.0);
    let missing: Vec<_> = sent.iter().filter(|row| row["State"] == "Missing").collect();
    assert!(!missing.is_empty() && missing.iter().all(zero), "no missing update of 1970");
    let unknown = sent.iter().filter(zero).count();
    let stored =
        "SELECT count(*) FILTER (installed_at IS NULL), count(*), count(*) FILTER (installed_at < '2000-01-01')
                  FROM instance_update";
    let counts = [unknown.to_string(), sent.len().to_string(), "0".to_owned()];
    assert_eq!(rows::<3>(&world, stored).await, [counts]);
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_08_counts_of_minus_one_are_kept_and_make_no_data() {
    let (world, tap) = last_day().await;
    world.harvest().await;
    let sent = tap.rows(STATES.0, STATES.1);
    let failed: Vec<_> = sent.iter().filter(|state| state["InstalledCount"] == -1).collect();
    let [failed] = failed.as_slice() else { panic!("one scan that failed, not {failed:?}") };
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
    assert_eq!((shown.missing, shown.failed, shown.pending_reboot), (0, 0, 0), "-1 must not be summed up");
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_09_numbers_of_the_inventory_are_read_from_text() {
    let (world, tap) = last_day().await;
    world.harvest().await;
    let entities = tap.rows("GetInventory", "Entities");
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
    // Typed columns: a number that was not read would be null.
    let stored = "SELECT i.instance_id, cpus + 0, cpu_cores + 0, cpu_sockets + 0, cpu_speed_mhz + 0
                  FROM hardware JOIN instance i USING (instance_key)";
    assert_eq!(rows::<5>(&world, stored).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_14_results_belong_to_instances_by_id_because_their_name_is_empty() {
    let (world, tap) = last_day().await;
    world.harvest().await;
    let sent = tap.rows("ListCommandInvocations", "CommandInvocations");
    assert!(!sent.is_empty() && sent.iter().all(|row| row["InstanceName"] == ""), "a result with a name");
    let stored = "SELECT count(*), count(DISTINCT instance_id) FROM invocation";
    let [[results, machines]] = rows::<2>(&world, stored).await.try_into().expect("a row");
    assert_eq!((results, machines), (sent.len().to_string(), texts(&sent, "InstanceId").len().to_string()));
    for instance in instances(&world).await {
        let id = instance.instance_id.clone();
        let page = world.source().for_scope(Principal::local().scope()).instance(id.clone()).await.expect("a page");
        let results = sent.iter().filter(|row| row["InstanceId"] == id.as_str()).count();
        assert_eq!(page.runs, results as u64, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_15_a_baseline_of_aws_keeps_its_arn_everywhere() {
    let (world, tap) = last_day().await;
    world.harvest().await;
    let ids = texts(&tap.rows("DescribePatchBaselines", "BaselineIdentities"), "BaselineId");
    assert!(
        ids.iter().any(|id| id.starts_with("arn:aws:ssm:")) && ids.iter().any(|id| id.starts_with("pb-")),
        "{ids:?}"
    );
    let stored = rows::<1>(&world, "SELECT DISTINCT baseline_id FROM patch_baseline").await;
    assert_eq!(stored.into_iter().map(|[id]| id).collect::<BTreeSet<_>>(), ids);
    // What an ungrouped node was scanned by is found among the baselines, with the name that AWS gives it.
    let used = "SELECT DISTINCT b.name FROM patch_state s JOIN instance i USING (instance_key)
                JOIN patch_baseline b USING (account_id, region, baseline_id) WHERE s.baseline_id LIKE 'arn:%'";
    let names = rows::<1>(&world, used).await;
    assert!(!names.is_empty() && names.iter().all(|[name]| name.starts_with("AWS-")), "{names:?}");
    // A second harvest knows which of AWS's are in use, asks for their rules by the ARN, and files them under it.
    tap.forget();
    world.harvest().await;
    let asked: BTreeSet<String> = tap
        .about("GetPatchBaseline")
        .iter()
        .filter_map(|one| one.sent["BaselineId"].as_str().map(str::to_owned))
        .collect();
    let filed = rows::<1>(&world, "SELECT DISTINCT baseline_id FROM patch_rule WHERE baseline_id LIKE 'arn:%'").await;
    assert!(!filed.is_empty() && filed.iter().all(|[id]| asked.contains(id)), "{asked:?}, {filed:?}");
}

fn rename_tags(tap: &Tap, name: &'static str) {
    tap.alter(move |operation, _, answer| {
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
async fn trap_16_a_patch_group_is_told_by_two_tags_and_their_case_counts() {
    let (world, tap) = last_day().await;
    // Nobody has been scanned, so only the tags can tell.
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
    assert_eq!(groups().await, truth, "by the tag `Patch Group`");
    rename_tags(&tap, "PatchGroup");
    world.harvest().await;
    assert_eq!(groups().await, truth, "by the tag `PatchGroup`");
    rename_tags(&tap, "patch group");
    world.harvest().await;
    let told: BTreeSet<String> = {
        let estate = world.estate.read().expect("the estate");
        let known = |one: &&Instance| inventory::status(one, estate.today()).is_some();
        estate.sites().flat_map(|site| &site.instances).filter(known).map(|one| one.id.to_string()).collect()
    };
    let wrong_case = groups().await;
    let grouped = wrong_case.iter().filter(|(id, group)| told.contains(*id) && !group.is_empty()).count();
    assert_eq!(grouped, 0, "a tag of another case is another tag");
    // One baseline for each group and operating system.
    let twice = "SELECT patch_group FROM patch_group GROUP BY account_id, region, patch_group, operating_system
                 HAVING count(*) > 1";
    assert_eq!(rows::<1>(&world, twice).await, Vec::<[String; 1]>::new());
}
