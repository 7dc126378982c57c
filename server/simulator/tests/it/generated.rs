//! Generated estates: the seed decides them, a change scans exactly the given share, and rows are not stored.

use std::collections::{BTreeMap, BTreeSet};

use muster_simulator::{
    Estate, GeneratedSpec, TrueInstance,
    estate::{instance::Instance, report::Report},
    estate_named,
};
use serde_json::{Value, json};

use crate::{
    client::Client,
    world::{World, all},
};

const SPEC: GeneratedSpec =
    GeneratedSpec { seed: 11, accounts: 6, instances_per_account: 40, updates_per_instance: 150 };

type Key = (String, i64, &'static str, String);

/// What decides whether a harvest reads an instance's rows again.
fn change_keys(estate: &Estate) -> BTreeMap<String, Key> {
    let key = |instance: TrueInstance| {
        let patch = instance.patch.expect("a scanned instance");
        let ended = patch.operation_ended_at.as_millisecond();
        let key = (patch.snapshot_id.to_string(), ended, patch.operation, patch.baseline_id.to_string());
        (instance.instance_id.to_string(), key)
    };
    estate.instances().into_iter().map(key).collect()
}

type Rows = BTreeSet<(String, String, String)>;

fn rows(instance: &TrueInstance) -> Rows {
    let row = |update: &muster_simulator::TrueUpdate| {
        (update.title.to_owned(), update.kb_id.to_owned(), update.state.to_owned())
    };
    instance.updates.iter().map(row).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_seed_decides_the_responses() {
    let responses = async |seed: u64| {
        let mut estate = Estate::generated(&GeneratedSpec { seed, ..SPEC });
        estate.change(0.05);
        let world = World::on(estate).await;
        let mut responses = Vec::new();
        for account in world.roster() {
            let session = Client::session(&world.simulator, &account);
            let (nodes, _) = all(&session, "DescribeInstanceInformation", &json!({}), "InstanceInformationList");
            for node in &nodes[..3] {
                let input = json!({ "InstanceId": node["InstanceId"] });
                responses.extend(all(&session, "DescribeInstancePatches", &input, "Patches").0);
            }
            responses.extend(nodes);
            responses.extend(all(&session, "ListCommandInvocations", &json!({}), "CommandInvocations").0);
        }
        world.simulator.stop().await;
        responses
    };
    let first = responses(11).await;
    assert!(first.len() > 6 * (3 * 150 + 40));
    assert_eq!(first, responses(11).await);
    assert_ne!(first, responses(12).await);
}

#[test]
fn a_change_scans_exactly_its_share_of_each_account() {
    let mut estate = Estate::generated(&SPEC);
    let (mut keys, mut at) = (change_keys(&estate), estate.now());
    let mut turns: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..20 {
        let before: BTreeMap<String, Rows> =
            estate.instances().iter().map(|one| (one.instance_id.to_string(), rows(one))).collect();
        estate.change(0.05);
        assert_eq!(estate.now().duration_since(at).as_mins(), 15);
        at = estate.now();
        let now = change_keys(&estate);
        let changed: BTreeSet<&String> = now.keys().filter(|id| now[*id] != keys[*id]).collect();
        assert_eq!(changed.len(), 6 * 2, "2 of 40 in each of 6 accounts");
        for instance in estate.instances() {
            let id = instance.instance_id.to_string();
            let (old, new) = (&before[&id], rows(&instance));
            let fresh = new.difference(old).count();
            if changed.contains(&id) {
                assert!((1..=2).contains(&fresh), "{fresh} rows of 150 are new");
                let patch = instance.patch.expect("a scanned instance");
                assert!(patch.operation_ended_at < at && at.duration_since(patch.operation_ended_at).as_mins() < 15);
            } else {
                assert_eq!(fresh, 0);
            }
            assert!(instance.online && at.duration_since(instance.last_ping_at).as_secs() <= 300);
        }
        changed.into_iter().for_each(|id| *turns.entry(id.clone()).or_default() += 1);
        keys = now;
    }
    assert_eq!(turns.len(), 240, "every instance was scanned");
    assert!(turns.values().all(|&turns| turns == 1));
    for site in estate.sites() {
        assert_eq!((site.commands.len(), site.invocations.len()), (21, 40 + 20 * 2));
    }
}

#[test]
fn states_have_the_expected_shares_and_no_row_is_duplicated() {
    let mut estate = Estate::generated(&GeneratedSpec { accounts: 2, updates_per_instance: 2_000, ..SPEC });
    for round in 0..6 {
        let instances = estate.instances();
        let all: Vec<_> = instances.iter().flat_map(|one| &one.updates).collect();
        assert_eq!(all.len(), 80 * 2_000);
        let share = |state| all.iter().filter(|one| one.state == state).count() as f64 / all.len() as f64;
        assert!((0.015..0.025).contains(&share("Missing")), "{} in round {round}", share("Missing"));
        assert!((0.001..0.005).contains(&share("Failed")), "{}", share("Failed"));
        assert!((0.003..0.008).contains(&share("InstalledPendingReboot")));
        assert!(share("Installed") + share("InstalledOther") > 0.96);
        for instance in &instances {
            let titles: BTreeSet<_> = instance.updates.iter().map(|one| (one.title, one.kb_id)).collect();
            assert_eq!(titles.len(), 2_000, "{}", instance.instance_id);
            for update in &instance.updates {
                assert!(update.title.is_empty() || update.title.contains(update.kb_id), "{update:?}");
                assert!(matches!(update.state, "Missing" | "Failed") || update.cve_ids.is_empty(), "{update:?}");
                let ended = instance.patch.as_ref().expect("a scan").operation_ended_at;
                assert!(update.installed_at.is_none_or(|at| at <= ended), "{update:?}");
            }
        }
        (0..40).for_each(|_| estate.change(1.0));
    }
}

#[test]
fn rows_are_not_stored() {
    assert!(size_of::<Instance>() <= 560, "{}", size_of::<Instance>());
    assert!(size_of::<Report>() <= 240, "{}", size_of::<Report>());
    let estate = Estate::generated(&SPEC);
    for instance in estate.sites().flat_map(|site| &site.instances) {
        assert!(instance.packages.is_empty() && instance.packages.capacity() == 0);
        assert!(instance.episodes.capacity() == 0);
        let rows = instance.report.as_ref().expect("a report").rows();
        assert!(matches!(rows, std::borrow::Cow::Owned(_)), "the rows are stored");
        assert_eq!(rows.len(), 150);
    }
    assert!(estate.history().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn generated_instances_have_all_data_on_the_wire() {
    let world = World::on(Estate::generated(&SPEC)).await;
    let instances = world.instances();
    assert_eq!(instances.len(), 40);
    let ids: Vec<&str> = instances.iter().map(|one| &*one.instance_id).collect();
    let states = world.session.ssm("DescribeInstancePatchStates", json!({ "InstanceIds": ids })).json();
    assert_eq!(states["InstancePatchStates"].as_array().map(Vec::len), Some(40));
    for state in states["InstancePatchStates"].as_array().expect("states") {
        let input = json!({ "InstanceId": state["InstanceId"] });
        let (rows, pages) = all(&world.session, "DescribeInstancePatches", &input, "Patches");
        assert_eq!((rows.len(), pages), (150, 3));
        let count = |wanted: &str| rows.iter().filter(|row| row["State"] == wanted).count() as i64;
        assert_eq!(state["MissingCount"], count("Missing"));
        assert_eq!(state["InstalledCount"], count("Installed"));
        assert_eq!(state["InstalledOtherCount"], count("InstalledOther"));
    }
    for kind in ["AWS:InstanceInformation", "AWS:Tag", "AWS:Application", "AWS:WindowsUpdate"] {
        let input = json!({ "ResultAttributes": [{ "TypeName": kind }] });
        let (entities, _) = all(&world.session, "GetInventory", &input, "Entities");
        assert_eq!(entities.len(), 40);
        assert!(entities.iter().any(|one| !one["Data"][kind]["Content"][0].is_null()), "{kind}");
    }
    let (associations, _) = all(&world.session, "ListAssociations", &json!({}), "Associations");
    assert!(associations.iter().all(|one| one["Overview"]["Status"] == "Success"), "{associations:?}");
    let (baselines, _) = all(&world.session, "DescribePatchBaselines", &json!({}), "BaselineIdentities");
    let known = |id: &Value| baselines.iter().any(|one| one["BaselineId"] == *id);
    assert!(states["InstancePatchStates"].as_array().expect("states").iter().all(|one| known(&one["BaselineId"])));
    world.simulator.stop().await;
}

#[test]
fn estates_are_found_by_name() {
    for name in muster_simulator::NAMES.iter().filter(|name| **name != "large") {
        assert!(estate_named(name, None).is_some(), "{name}");
    }
    assert!(estate_named("nope", None).is_none());
    let seeds = [None, Some(99)].map(|seed| estate_named("empty", seed).expect("the empty estate").roster());
    assert_ne!(seeds[0], seeds[1], "the seed counts");
    let mut day = Estate::generated(&SPEC);
    assert!(day.is_at_last_day());
    day.next_day();
    assert!(day.instances().iter().all(|one| one.updates.len() == 150));
}
