//! Lists that are derived from the estate: associations, compliance items, hardware.

use serde_json::{Value, json};

use crate::world::{World, all};

#[tokio::test(flavor = "multi_thread")]
async fn associations_have_status_counts_and_the_scan_association_sends_commands() {
    let world = World::of("demo").await;
    let roster = world.roster();
    let instances = world.estate.read().expect("a lock").instances();
    let mut failed = 0;
    for site in world.estate.read().expect("a lock").sites() {
        let account = roster.iter().find(|one| one.systems_account == *site.systems_account).expect("an account");
        let here: Vec<_> = instances
            .iter()
            .filter(|one| one.current && one.systems_account == site.systems_account && one.region == site.region)
            .collect();
        let session = crate::client::Client {
            region: site.region.to_string(),
            ..match world.try_session(account) {
                Some(session) => session,
                None => continue,
            }
        };
        let listed = session.ssm("ListAssociations", json!({}));
        if listed.status != 200 || here.is_empty() {
            continue;
        }
        let listed = listed.json();
        let rows = listed["Associations"].as_array().expect("associations");
        let named = |name: &str| rows.iter().find(|row| row["Name"] == name).expect("an association");
        assert_eq!(rows.len(), 3);
        let inventory = named("AWS-GatherSoftwareInventory");
        assert_eq!(inventory["ScheduleExpression"], "rate(30 minutes)");
        assert_eq!(named("AWS-UpdateSSMAgent")["AssociationVersion"], "1");
        let offline = here.iter().filter(|one| !one.online).count();
        let counts = &inventory["Overview"]["AssociationStatusAggregatedCount"];
        assert_eq!(counts["Failed"].as_u64().unwrap_or(0), offline as u64);
        assert_eq!(counts["Success"].as_u64().unwrap_or(0), (here.len() - offline) as u64);
        let expected = if offline > 0 { "Failed" } else { "Success" };
        assert_eq!(inventory["Overview"]["Status"], expected);
        failed += usize::from(offline > 0);
        let scan = named("AWS-RunPatchBaseline")["AssociationId"].as_str().expect("an id").to_owned();
        let (commands, _) = all(&session, "ListCommands", &json!({}), "Commands");
        let by_association = |row: &&Value| row["Comment"].as_str().is_some_and(|text| text.starts_with(&scan));
        assert!(commands.iter().any(|row| by_association(&row)), "no command of the scan association");
    }
    assert!(failed > 3, "{failed} sites with an association that failed");
    let only = json!({ "AssociationFilterList": [{ "key": "Name", "value": "AWS-UpdateSSMAgent" }], "MaxResults": 1 });
    let page = world.session.ssm("ListAssociations", only).json();
    assert_eq!(page["Associations"].as_array().map(Vec::len), Some(1));
    assert!(page["NextToken"].is_null());
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn compliance_items_equal_the_patch_rows() {
    let world = World::new().await;
    for instance in world.instances() {
        let id = &*instance.instance_id;
        let (rows, _) = all(&world.session, "DescribeInstancePatches", &json!({ "InstanceId": id }), "Patches");
        let input = json!({ "ResourceIds": [id], "MaxResults": 7 });
        let (items, _) = all(&world.session, "ListComplianceItems", &input, "ComplianceItems");
        assert_eq!(items.len(), rows.len());
        for (item, row) in items.iter().zip(&rows) {
            assert_eq!((&item["Title"], &item["Id"]), (&row["Title"], &row["KBId"]));
            assert_eq!(item["Details"]["PatchState"], row["State"]);
            let state = row["State"].as_str().expect("a state");
            let status = match state {
                "NotApplicable" => "",
                "Installed" | "InstalledOther" => "COMPLIANT",
                _ => "NON_COMPLIANT",
            };
            assert_eq!(item["Status"], status, "{state}");
        }
        let missing = json!({ "ResourceIds": [id], "Filters": [
            { "Key": "PatchState", "Values": ["Missing"], "Type": "EQUAL" },
        ] });
        let count = rows.iter().filter(|row| row["State"] == "Missing").count();
        assert_eq!(all(&world.session, "ListComplianceItems", &missing, "ComplianceItems").0.len(), count);
    }
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hardware_data_is_text() {
    let world = World::new().await;
    const KIND: &str = "AWS:InstanceDetailedInformation";
    let (entities, _) =
        all(&world.session, "GetInventory", &json!({ "ResultAttributes": [{ "TypeName": KIND }] }), "Entities");
    assert!(entities.len() >= world.instances().len());
    for entity in entities {
        let entry = &entity["Data"][KIND]["Content"][0];
        for name in ["CPUModel", "CPUs", "CPUCores", "CPUSockets", "CPUSpeedMHz", "CPUHyperThreadEnabled"] {
            assert!(entry[name].is_string(), "{name} in {entry}");
        }
    }
    world.simulator.stop().await;
}
