//! Quirks of requests: limits that only the service checks, filters that cannot be combined, operations that do not
//! suit us. The header of `ssm_quirks` lists the quirks and their tests.

use crate::{
    harvest::{
        ssm_quirks::{current, last_day, many_nodes},
        wire_proxy::{refusal, sdk},
    },
    support::{table::rows, world::World},
};
use aws_sdk_ssm::types::{
    InstanceInformationFilter, InstanceInformationFilterKey, InstanceInformationStringFilter, PlatformType,
};
use muster_model::freshness::HarvestState;
use muster_model::run::PATCH_DOCUMENTS;
use serde_json::Value;
use std::collections::BTreeSet;

/// Scanned nodes of the account and Region of [`sdk`].
fn own_nodes(world: &World) -> Vec<String> {
    let account = &world.harvester.accounts[0];
    let estate = world.estate.read().expect("the estate");
    let site = estate.site(&account.systems_account, &account.regions[0]).expect("a site");
    let scanned = site.instances.iter().filter(|one| one.is_current(estate.today()) && one.report.is_some());
    scanned.map(|one| one.id.to_string()).collect()
}

const TOO_MANY_ROWS: &str = "1 validation error detected: Value '51' at 'maxResults' failed to satisfy constraint: \
                             Member must have value less than or equal to 50";

#[tokio::test(flavor = "multi_thread")]
async fn quirk_02_patch_pages_have_50_rows_because_51_are_refused() {
    let (world, wire_proxy) = last_day().await;
    let round = world.harvest().await;
    assert_eq!((round.failed, round.partial), (0, 0));
    for operation in ["DescribeInstancePatchStates", "DescribeInstancePatches"] {
        assert!(wire_proxy.exchanges(operation).iter().all(|one| one.sent["MaxResults"] == 50), "{operation}");
    }
    let full = wire_proxy
        .exchanges("DescribeInstancePatches")
        .into_iter()
        .filter_map(|one| Some(one.answer["Patches"].as_array()?.len()));
    assert!(
        full.clone().any(|rows| rows == 50) && full.max() == Some(50),
        "pages have 50 rows at most, and one has 50"
    );

    // The documentation allows 100 for both operations; the service refuses them.
    let ssm = sdk(&world).await;
    let id = own_nodes(&world).remove(0);
    let refused = ("ValidationException".to_owned(), TOO_MANY_ROWS.to_owned());
    let states = ssm.describe_instance_patch_states().instance_ids(&id).max_results(51).send().await;
    assert_eq!(refusal(states), refused);
    let patches = ssm.describe_instance_patches().instance_id(&id).max_results(51).send().await;
    assert_eq!(refusal(patches), refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn quirk_03_requests_have_at_most_50_ids_because_the_sdk_does_not_check() {
    let (world, wire_proxy) = many_nodes().await;
    let round = world.harvest().await;
    assert_eq!((round.failed, round.partial), (0, 0));
    let requests = wire_proxy.exchanges("DescribeInstancePatchStates");
    let ids: Vec<&Vec<Value>> = requests.iter().filter_map(|one| one.sent["InstanceIds"].as_array()).collect();
    assert!(ids.iter().all(|ids| ids.len() <= 50));
    assert!(ids.iter().filter(|ids| ids.len() == 50).count() >= 2, "requests must be full");
    let distinct: BTreeSet<_> = ids.iter().flat_map(|ids| ids.iter().filter_map(Value::as_str)).collect();
    assert_eq!(distinct.len(), current(&world));
    let stored = rows::<1>(&world, "SELECT count(DISTINCT instance_key) FROM patch_state").await;
    assert_eq!(stored, [[wire_proxy.rows("DescribeInstancePatchStates", "InstancePatchStates").len().to_string()]]);

    // The SDK sends 51 ids; the service refuses them.
    let before = requests.len();
    let one_too_many = (0..51).map(|number| format!("mi-{number:017}")).collect();
    let states = sdk(&world).await.describe_instance_patch_states().set_instance_ids(Some(one_too_many)).send().await;
    let (code, message) = refusal(states);
    assert_eq!(code, "ValidationException", "{message}");
    assert!(message.contains("instanceIds") && message.contains("less than or equal to 50"), "{message}");
    assert_eq!(
        wire_proxy.exchanges("DescribeInstancePatchStates").len(),
        before + 1,
        "the SDK did not send the request"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn quirk_04_node_pages_have_50_rows_because_the_default_is_10() {
    let (world, wire_proxy) = many_nodes().await;
    world.harvest().await;
    let requests = wire_proxy.exchanges("DescribeInstanceInformation");
    assert!(requests.iter().all(|one| one.sent["MaxResults"] == 50));
    assert_eq!(requests.len(), current(&world).div_ceil(50));
    let ssm = sdk(&world).await;
    let page = ssm.describe_instance_information().send().await.expect("a page");
    assert_eq!(page.instance_information_list().len(), 10);
    assert!(page.next_token().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn quirk_11_nodes_are_listed_without_filters_because_mixed_filters_are_refused() {
    let (world, wire_proxy) = last_day().await;
    world.harvest().await;
    for request in wire_proxy.exchanges("DescribeInstanceInformation") {
        assert!(
            request.sent["Filters"].is_null() && request.sent["InstanceInformationFilterList"].is_null(),
            "{request:?}"
        );
    }
    assert!(world.harvests().await.iter().all(|row| row.state == HarvestState::Fresh));

    let ssm = sdk(&world).await;
    let filter = |key: &str, value: &str| {
        InstanceInformationStringFilter::builder().key(key).values(value).build().expect("a filter")
    };
    let by_tag = ssm.describe_instance_information().filters(filter("tag:account", "x"));
    by_tag.clone().send().await.expect("filters by tag alone are accepted");
    let mixed = by_tag.clone().filters(filter("PingStatus", "Online")).send().await;
    assert_eq!(refusal(mixed).0, "InvalidInstanceInformationFilterValue");
    let legacy = InstanceInformationFilter::builder()
        .key(InstanceInformationFilterKey::PlatformTypes)
        .value_set(PlatformType::Linux.as_str())
        .build()
        .expect("a filter");
    let both = by_tag.instance_information_filter_list(legacy).send().await;
    assert_eq!(refusal(both).0, "InvalidInstanceInformationFilterValue");
}

/// The harvest reads updates with DescribeInstancePatches, which has the same rows in a better shape. So this tests
/// that the simulator refuses what the service refuses, and that the harvest does not use the operation.
#[tokio::test(flavor = "multi_thread")]
async fn quirk_12_compliance_items_take_one_resource_and_are_never_requested() {
    let (world, _) = last_day().await;
    world.harvest().await;
    assert!(world.simulator.calls().iter().all(|call| call.operation != "ListComplianceItems"));

    let ssm = sdk(&world).await;
    let ids = own_nodes(&world);
    let [first, second, ..] = ids.as_slice() else { panic!("two instances, not {ids:?}") };
    let one = ssm.list_compliance_items().resource_ids(first).send().await.expect("one resource is accepted");
    assert!(!one.compliance_items().is_empty());
    let two = ssm.list_compliance_items().resource_ids(first).resource_ids(second).send().await;
    assert_eq!(refusal(two).0, "ValidationException");
}

/// Nothing here runs documents. For a harvest the quirk means that it must read the runs of all documents that patch:
/// hybrid nodes have those of some, EC2 instances those of others.
#[tokio::test(flavor = "multi_thread")]
async fn quirk_17_runs_of_every_document_that_patches_are_read() {
    let (world, wire_proxy) = last_day().await;
    // The results of the runs have the document that the runs have.
    wire_proxy.alter(|operation, _, answer| {
        let member = if operation == "ListCommands" { "Commands" } else { "CommandInvocations" };
        for row in answer[member].as_array_mut().into_iter().flatten() {
            let digit = row["CommandId"].as_str().and_then(|id| id.bytes().next()).unwrap_or_default();
            row["DocumentName"] = match digit % 3 {
                0 => "AWS-RunPatchBaselineWithHooks".into(),
                1 => "AWS-RunShellScript".into(),
                _ => "AWS-RunPatchBaseline".into(),
            };
        }
    });
    world.harvest().await;
    let documents = |operation: &str| -> Vec<Option<String>> {
        let document = |sent: &Value| {
            let filters = sent["Filters"].as_array()?;
            let filter = filters.iter().find(|filter| filter["key"] == "DocumentName")?;
            filter["value"].as_str().map(str::to_owned)
        };
        wire_proxy.exchanges(operation).iter().map(|one| document(&one.sent)).collect()
    };
    let first: BTreeSet<_> = documents("ListCommands").into_iter().collect();
    assert_eq!(first, PATCH_DOCUMENTS.map(|name| Some(name.to_owned())).into(), "a first harvest asks for each");
    assert!(documents("ListCommandInvocations").iter().all(|one| one.as_deref() != Some("AWS-RunShellScript")));
    let stored = "SELECT DISTINCT document_name FROM run ORDER BY ALL";
    assert_eq!(rows::<1>(&world, stored).await, [["AWS-RunPatchBaseline"], ["AWS-RunPatchBaselineWithHooks"]]);

    wire_proxy.forget();
    world.harvest().await;
    let regions: usize = world.harvester.accounts.iter().map(|account| account.regions.len()).sum();
    assert_eq!(documents("ListCommands"), vec![None; regions], "a later harvest asks once for all");

    let scans = rows::<2>(
        &world,
        "SELECT DISTINCT document_name, a.name FROM association a JOIN instance i USING (account_id, region)
         WHERE i.instance_id LIKE 'mi-%' AND document_name LIKE 'AWS-RunPatch%'",
    );
    assert_eq!(scans.await, [["AWS-RunPatchBaseline", "PatchScan"]]);
}
