//! Oddities of real SSM responses. Each one must be on the wire of the small estate.

use muster_simulator::TrueInstance;
use serde_json::{Value, json};

use crate::world::{World, all};

/// A current instance with what SSM reports about its patches.
struct Seen {
    instance: TrueInstance,
    rows: Vec<Value>,
    state: Value,
}

async fn seen() -> Vec<Seen> {
    let world = World::new().await;
    let instances = world.estate.read().expect("a lock").instances();
    let mut seen = Vec::new();
    for instance in instances.into_iter().filter(|one| one.current) {
        let session = world.session_at(&instance);
        let id = &*instance.instance_id;
        let (rows, _) = all(&session, "DescribeInstancePatches", &json!({ "InstanceId": id }), "Patches");
        let states = session.ssm("DescribeInstancePatchStates", json!({ "InstanceIds": [id] })).json();
        let state = states["InstancePatchStates"][0].clone();
        seen.push(Seen { instance, rows, state });
    }
    world.simulator.stop().await;
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn the_small_estate_has_every_quirk() {
    let seen = seen().await;
    assert_eq!(seen.len(), 12);
    let kernels = seen.iter().any(|one| {
        let installed = |row: &&Value| row["KBId"] == "kernel.x86_64" && row["State"] == "Installed";
        one.instance.platform_type == "Linux" && one.rows.iter().filter(installed).count() > 1
    });
    assert!(kernels, "no Linux instance with several kernels under one KBId");
    let rows = || seen.iter().flat_map(|one| one.rows.iter().map(move |row| (&one.instance, row)));
    let untitled = rows().any(|(instance, row)| {
        instance.platform_type == "Windows" && row["Title"] == "" && row["State"] == "InstalledOther"
    });
    assert!(untitled, "no Windows row without a title");
    let scan_failed = seen.iter().find(|one| one.state["InstalledCount"] == -1).expect("counts of -1");
    assert_eq!(scan_failed.instance.platform_type, "Windows");
    for count in ["MissingCount", "FailedCount", "NotApplicableCount", "CriticalNonCompliantCount"] {
        assert_eq!(scan_failed.state[count], -1, "{count}");
    }
    assert_eq!(scan_failed.state["OperationStartTime"].as_f64(), Some(0.0));
    assert_eq!(scan_failed.state["OperationEndTime"].as_f64(), Some(0.0));
    assert!(scan_failed.rows.is_empty());
    let never_scanned = seen.iter().filter(|one| one.state.is_null() && one.rows.is_empty()).count();
    assert_eq!(never_scanned, 1);
    let missing: Vec<_> = rows().filter(|(_, row)| row["State"] == "Missing").collect();
    assert!(!missing.is_empty());
    assert!(missing.iter().all(|(_, row)| row["InstalledTime"].as_f64() == Some(0.0)));
    let not_applicable: Vec<_> = rows().filter(|(_, row)| row["State"] == "NotApplicable").collect();
    assert!(!not_applicable.is_empty());
    assert!(not_applicable.iter().all(|(_, row)| row["Classification"] == "" && row["Severity"] == ""));
    for state in ["Failed", "InstalledPendingReboot", "InstalledRejected", "AvailableSecurityUpdate"] {
        assert!(rows().any(|(_, row)| row["State"] == state), "no row is {state}");
    }
    assert!(rows().any(|(_, row)| row["CVEIds"].as_str().is_some_and(|ids| ids.contains(','))), "no row with CVEs");
    let unknown_time =
        |(_, row): (&TrueInstance, &Value)| row["State"] == "Installed" && row["InstalledTime"].as_f64() == Some(0.0);
    assert!(rows().any(unknown_time), "no installed row without a time");
    assert!(seen.iter().any(|one| one.instance.patch_group.is_none() && one.state["PatchGroup"] == ""));
    assert!(seen.iter().any(|one| one.instance.computer_name.contains('<')), "no hostile host name");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_hybrid_nodes_have_a_provider_tag() {
    let world = World::new().await;
    let roster = world.roster();
    for instance in world.estate.read().expect("a lock").instances().iter().filter(|one| one.current) {
        let session = world.session_at(instance);
        let id = &*instance.instance_id;
        let account = roster.iter().find(|one| one.systems_account == *instance.systems_account).expect("an account");
        let one = json!([{ "Key": "AWS:InstanceInformation.InstanceId", "Values": [id] }]);
        let input = json!({ "ResultAttributes": [{ "TypeName": "AWS:Tag" }], "Filters": one });
        let page = session.ssm("GetInventory", input).json();
        // Instances that have been offline for 30 days have no inventory.
        let Some(tags) = page["Entities"][0]["Data"]["AWS:Tag"]["Content"].as_array() else { continue };
        let tag = |key: &str| tags.iter().find(|tag| tag["Key"] == key).and_then(|tag| tag["Value"].as_str());
        let listed = session.ssm("ListTagsForResource", json!({ "ResourceType": "ManagedInstance", "ResourceId": id }));
        assert_eq!(tag("account"), Some(account.account_id.as_str()));
        if id.starts_with("mi-") {
            assert_eq!(tag("muster:provider"), Some(account.provider.as_str()));
            assert_eq!(listed.json()["TagList"], json!(tags));
        } else {
            assert_eq!(tag("muster:provider"), None);
            assert_eq!(listed.error_type(), "InvalidResourceId");
        }
    }
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inventory_is_dropped_30_days_after_an_instance_left() {
    let world = World::new().await;
    let rows = |instance: &TrueInstance| {
        let filter = json!([{ "Key": "AWS:InstanceInformation.InstanceId", "Values": [&*instance.instance_id] }]);
        let page = world.session_at(instance).ssm("GetInventory", json!({ "Filters": filter })).json();
        page["Entities"].as_array().expect("entities").clone()
    };
    let instances = world.estate.read().expect("a lock").instances();
    let gone = instances.iter().find(|one| !one.current).expect("an instance that left");
    let before = rows(gone);
    let item = &before[0]["Data"]["AWS:InstanceInformation"];
    assert_eq!(item["Content"][0]["InstanceStatus"], "Terminated");
    let captured: jiff::Timestamp = item["CaptureTime"].as_str().expect("a time").parse().expect("a time");
    let days_since = || world.estate.read().expect("a lock").now().duration_since(captured).as_hours() / 24;
    while days_since() < 30 {
        assert_eq!(rows(gone).len(), 1, "after {} days", days_since());
        world.estate.write().expect("a lock").next_day();
    }
    world.estate.write().expect("a lock").next_day();
    assert_eq!(rows(gone), Vec::<Value>::new());
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_instance_is_only_in_the_inventory() {
    let world = World::first_day_of("demo").await;
    let away = loop {
        let mut estate = world.estate.write().expect("a lock");
        assert!(!estate.is_at_last_day(), "no instance was ever stopped");
        estate.next_day();
        let joined = |one: &TrueInstance| one.updates.len() > 1;
        let stopped = |one: &TrueInstance| {
            let site = estate.site(&one.systems_account, &one.region).expect("a site");
            let instance = site.instance(&one.instance_id).expect("an instance");
            instance.left.is_none() && !one.current && joined(one)
        };
        if let Some(found) = estate.instances().into_iter().find(stopped) {
            break found;
        }
    };
    let session = world.session_at(&away);
    let id = &*away.instance_id;
    let filter = json!([{ "Key": "AWS:InstanceInformation.InstanceStatus", "Values": ["Stopped"] }]);
    let (stopped, _) = all(&session, "GetInventory", &json!({ "Filters": filter }), "Entities");
    assert!(stopped.iter().any(|one| one["Id"] == id));
    let (listed, _) = all(&session, "DescribeInstanceInformation", &json!({}), "InstanceInformationList");
    assert!(listed.iter().all(|one| one["InstanceId"] != id));
    world.simulator.stop().await;
}
