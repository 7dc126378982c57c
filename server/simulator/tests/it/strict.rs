//! Limits, patterns, keys and tokens: the simulator refuses what the service refuses.

use serde_json::{Value, json};

use crate::{client::Client, world::World};

fn filters(count: usize, key: &str) -> Value {
    json!(vec![json!({ "Key": key, "Values": ["x"] }); count])
}

fn command_filters(count: usize, key: &str, value: &str) -> Value {
    json!(vec![json!({ "key": key, "value": value }); count])
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_filters_ids_and_page_sizes_are_refused() {
    let world = World::new().await;
    let id = world.scanned().instance_id.to_string();
    let refusal = |operation: &str, input: &Value| world.session.ssm(operation, input.clone()).error_type();
    let window =
        world.session.ssm("DescribeMaintenanceWindows", json!({})).json()["WindowIdentities"][0]["WindowId"].clone();
    let both = json!({
        "Filters": [{ "Key": "PingStatus", "Values": ["Online"] }],
        "InstanceInformationFilterList": [{ "key": "PingStatus", "valueSet": ["Online"] }],
    });
    let ids = |count: usize| vec![id.as_str(); count];
    for (operation, input, error) in [
        ("DescribeInstanceInformation", both, "InvalidInstanceInformationFilterValue"),
        ("DescribeInstanceInformation", json!({ "MaxResults": 51 }), "ValidationException"),
        (
            "DescribeInstanceInformation",
            json!({ "Filters": [{ "Key": "PingStatus", "Values": ["Up"] }] }),
            "InvalidInstanceInformationFilterValue",
        ),
        (
            "DescribeInstanceInformation",
            json!({ "Filters": [{ "Key": "InstanceIds", "Values": ids(101) }] }),
            "ValidationException",
        ),
        (
            "DescribeInstanceInformation",
            json!({ "Filters": [{ "Key": "InstanceIds", "Values": [] }] }),
            "ValidationException",
        ),
        ("DescribeInstancePatchStates", json!({}), "ValidationException"),
        ("DescribeInstancePatchStates", json!({ "InstanceIds": ["nonsense"] }), "ValidationException"),
        ("DescribeInstancePatchStates", json!({ "InstanceIds": [id], "MaxResults": 9 }), "ValidationException"),
        ("DescribeInstancePatches", json!({ "InstanceId": id, "Filters": filters(6, "State") }), "ValidationException"),
        ("DescribeInstancePatches", json!({ "InstanceId": id, "Filters": filters(1, "Title") }), "InvalidFilter"),
        ("DescribePatchBaselines", json!({ "Filters": filters(6, "OWNER") }), "ValidationException"),
        ("DescribePatchBaselines", json!({ "Filters": filters(1, "NAME") }), "ValidationException"),
        ("DescribePatchBaselines", json!({ "MaxResults": 101 }), "ValidationException"),
        ("DescribePatchGroups", json!({ "Filters": filters(1, "OWNER") }), "ValidationException"),
        ("DescribePatchGroups", json!({ "MaxResults": 0 }), "ValidationException"),
        ("GetPatchBaseline", json!({ "BaselineId": "pb-short" }), "ValidationException"),
        ("DescribeMaintenanceWindows", json!({ "MaxResults": 9 }), "ValidationException"),
        ("DescribeMaintenanceWindows", json!({ "Filters": filters(1, "Owner") }), "ValidationException"),
        ("DescribeMaintenanceWindowTargets", json!({}), "ValidationException"),
        ("DescribeMaintenanceWindowTargets", json!({ "WindowId": "mw-nonsense" }), "ValidationException"),
        (
            "DescribeMaintenanceWindowTasks",
            json!({ "WindowId": window, "Filters": filters(1, "Type") }),
            "ValidationException",
        ),
        (
            "DescribeMaintenanceWindowExecutions",
            json!({ "WindowId": window, "MaxResults": 101 }),
            "ValidationException",
        ),
        ("ListCommands", json!({ "CommandId": "short" }), "InvalidCommandId"),
        ("ListCommands", json!({ "InstanceId": "nonsense" }), "InvalidInstanceId"),
        ("ListCommands", json!({ "Filters": [] }), "ValidationException"),
        ("ListCommands", json!({ "Filters": command_filters(6, "Status", "Success") }), "ValidationException"),
        ("ListCommands", json!({ "Filters": command_filters(1, "Owner", "x") }), "InvalidFilterKey"),
        ("ListCommands", json!({ "MaxResults": 51 }), "ValidationException"),
        (
            "ListCommandInvocations",
            json!({ "Filters": command_filters(1, "ExecutionStage", "Complete") }),
            "InvalidFilterKey",
        ),
        ("ListCommandInvocations", json!({ "MaxResults": 0 }), "ValidationException"),
        ("GetCommandInvocation", json!({ "CommandId": "0".repeat(36), "InstanceId": id }), "InvocationDoesNotExist"),
        ("GetInventory", json!({ "MaxResults": 51 }), "ValidationException"),
        ("GetInventory", json!({ "Filters": filters(6, "AWS:InstanceInformation.InstanceId") }), "ValidationException"),
        ("GetInventory", json!({ "Filters": filters(1, "AWS:InstanceInformation.Nope") }), "InvalidFilter"),
        ("ListTagsForResource", json!({ "ResourceType": "ManagedInstance" }), "ValidationException"),
        ("ListTagsForResource", json!({ "ResourceType": "Nope", "ResourceId": id }), "InvalidResourceType"),
        ("ListAssociations", json!({ "MaxResults": 51 }), "ValidationException"),
        (
            "ListAssociations",
            json!({ "AssociationFilterList": command_filters(1, "Owner", "x") }),
            "ValidationException",
        ),
        ("ListComplianceItems", json!({}), "ValidationException"),
        ("ListComplianceItems", json!({ "ResourceIds": [id, id] }), "ValidationException"),
        ("ListComplianceItems", json!({ "ResourceIds": [id], "MaxResults": 51 }), "ValidationException"),
        ("ListComplianceItems", json!({ "ResourceIds": ["mi-0123456789abcdef0"] }), "InvalidResourceId"),
        ("ListComplianceItems", json!({ "ResourceIds": [id], "ResourceTypes": ["Bucket"] }), "InvalidResourceType"),
    ] {
        assert_eq!(refusal(operation, &input), error, "{operation} {input}");
    }
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_50_results_are_refused_with_the_message_of_the_service() {
    let world = World::new().await;
    let id = world.scanned().instance_id.to_string();
    for (operation, input) in [
        ("DescribeInstancePatches", json!({ "InstanceId": id, "MaxResults": 100 })),
        ("DescribeInstancePatchStates", json!({ "InstanceIds": [id], "MaxResults": 100 })),
    ] {
        let answer = world.session.ssm(operation, input);
        assert_eq!((answer.status, answer.error_type().as_str()), (400, "ValidationException"));
        assert_eq!(
            answer.json()["message"],
            "1 validation error detected: Value '100' at 'maxResults' failed to satisfy constraint: Member must have \
             value less than or equal to 50"
        );
    }
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn error_members_are_spelled_as_the_service_spells_them() {
    let world = World::new().await;
    let bare = world.session.ssm("ListCommands", json!({ "CommandId": "short" })).json();
    assert_eq!(bare, json!({ "__type": "InvalidCommandId" }));
    let mixed = json!({ "Filters": [
        { "Key": "PlatformTypes", "Values": ["Linux"] }, { "Key": "tag:account", "Values": ["x"] },
    ] });
    let lower = world.session.ssm("DescribeInstanceInformation", mixed).json();
    assert!(lower["message"].is_string() && lower["Message"].is_null());
    let upper = world.session.ssm("DescribeInstancePatches", json!({ "InstanceId": "mi-0123456789abcdef0" })).json();
    assert!(upper["Message"].is_string() && upper["message"].is_null());
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_valid_for_one_operation_instance_region_and_account_only() {
    let world = World::new().await;
    let instances = world.instances();
    let paged: Vec<&str> = instances.iter().filter(|one| one.updates.len() > 10).map(|one| &*one.instance_id).collect();
    let ask = |session: &Client, operation: &str, input: Value| session.ssm(operation, input);
    let first = json!({ "InstanceId": paged[0], "MaxResults": 10 });
    let token = ask(&world.session, "DescribeInstancePatches", first).json()["NextToken"].clone();
    let with = |id: &str| json!({ "InstanceId": id, "MaxResults": 10, "NextToken": token });
    assert_eq!(ask(&world.session, "DescribeInstancePatches", with(paged[0])).status, 200);
    assert_eq!(ask(&world.session, "DescribeInstancePatches", with(paged[1])).error_type(), "InvalidNextToken");
    let other = json!({ "ResourceIds": [paged[0]], "NextToken": token });
    assert_eq!(ask(&world.session, "ListComplianceItems", other).error_type(), "InvalidNextToken");
    let roster = world.roster();
    let elsewhere = Client { region: roster[0].regions[1].clone(), ..world.session.clone() };
    let commands = ask(&world.session, "ListCommands", json!({ "MaxResults": 1 })).json();
    let next = json!({ "MaxResults": 1, "NextToken": commands["NextToken"] });
    assert_eq!(ask(&world.session, "ListCommands", next.clone()).status, 200);
    assert_eq!(ask(&elsewhere, "ListCommands", next.clone()).error_type(), "InvalidNextToken");
    let stranger = Client { region: world.session.region.clone(), ..Client::session(&world.simulator, &roster[2]) };
    assert_eq!(ask(&stranger, "ListCommands", next).error_type(), "InvalidNextToken");
    world.simulator.stop().await;
}
