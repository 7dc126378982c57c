//! The wire: signatures, sessions, limits, tokens and call counts, over real HTTP.

use muster_simulator::{Estate, EstateSpec, Simulator};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    client::Client,
    world::{World, all},
};

#[tokio::test(flavor = "multi_thread")]
async fn patches_on_the_wire_equal_those_of_the_estate() {
    let world = World::new().await;
    let instance = world.scanned();
    let input = json!({ "InstanceId": &*instance.instance_id, "MaxResults": 10 });
    let (rows, _) = all(&world.session, "DescribeInstancePatches", &input, "Patches");
    assert_eq!(rows.len(), instance.updates.len());
    for (row, update) in rows.iter().zip(&instance.updates) {
        assert_eq!(row["Title"], update.title);
        assert_eq!(row["KBId"], update.kb_id);
        assert_eq!(row["State"], update.state);
        let time = update.installed_at.map_or(0.0, |at| at.as_millisecond() as f64 / 1000.0);
        assert_eq!(row["InstalledTime"].as_f64(), Some(time));
        assert_eq!(row.get("CVEIds").and_then(Value::as_str).unwrap_or(""), update.cve_ids);
    }
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_come_in_pages_of_ten_by_default_and_can_be_filtered() {
    let world = World::of("demo").await;
    let ask = |input: Value| world.session.ssm("DescribeInstanceInformation", input).json();
    let list = |answer: &Value| answer["InstanceInformationList"].as_array().expect("a list").clone();
    let expected = world.instances();
    assert!(expected.len() > 10);
    let first = ask(json!({}));
    assert_eq!(list(&first).len(), 10);
    assert!(first["NextToken"].is_string());
    let all = ask(json!({ "MaxResults": 50 }));
    assert_eq!(list(&all).len(), expected.len());
    assert!(all.get("NextToken").is_none());
    let id = &*expected[0].instance_id;
    let one = ask(json!({ "Filters": [{ "Key": "InstanceIds", "Values": [id] }] }));
    assert_eq!(list(&one)[0]["InstanceId"], id);
    let windows = ask(json!({ "MaxResults": 50, "Filters": [{ "Key": "PlatformTypes", "Values": ["Windows"] }] }));
    let count = expected.iter().filter(|one| one.platform_type == "Windows").count();
    assert_eq!(list(&windows).len(), count);
    let mixed = json!({ "Filters": [
        { "Key": "PlatformTypes", "Values": ["Linux"] }, { "Key": "tag:Patch Group", "Values": ["late"] },
    ] });
    let refused = world.session.ssm("DescribeInstanceInformation", mixed);
    assert_eq!(refused.error_type(), "InvalidInstanceInformationFilterValue");
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_are_verified() {
    let world = World::new().await;
    let ask = |client: &Client| client.ssm("DescribeInstanceInformation", json!({}));
    let forged = Client { secret_access_key: "not the secret".to_owned(), ..world.session.clone() };
    let answer = ask(&forged);
    assert_eq!((answer.status, answer.error_type().as_str()), (400, "InvalidSignatureException"));
    assert!(answer.headers.contains("x-amzn-errortype: invalidsignatureexception"), "{}", answer.headers);
    assert!(answer.headers.contains("x-amzn-requestid: "), "{}", answer.headers);
    let unknown = Client { access_key_id: "ASIANOBODY".to_owned(), ..world.session.clone() };
    assert_eq!(ask(&unknown).error_type(), "UnrecognizedClientException");
    let without_token = Client { session_token: String::new(), ..world.session.clone() };
    assert_eq!(ask(&without_token).error_type(), "UnrecognizedClientException");
    for (offset, words) in [(-16 * 60, "Signature expired: "), (16 * 60, "Signature not yet current: ")] {
        let skewed = Client { clock_offset_seconds: offset, ..world.session.clone() };
        let answer = ask(&skewed);
        assert_eq!(answer.error_type(), "InvalidSignatureException");
        assert!(answer.body.contains(words), "{}", answer.body);
    }
    let late = Client { clock_offset_seconds: -14 * 60, ..world.session.clone() };
    assert_eq!(ask(&late).status, 200);
    world.simulator.expire_sessions();
    assert_eq!(ask(&world.session).error_type(), "ExpiredTokenException");
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_trust_only_the_operator_with_the_external_id() {
    let world = World::new().await;
    let operator = Client::operator(&world.simulator);
    let refused = operator.assume(&world.account.role_arn, "muster-guessed");
    assert_eq!((refused.status, refused.element("Code").as_str()), (403, "AccessDenied"));
    let chained = world.session.assume(&world.account.role_arn, &world.account.external_id);
    assert_eq!(chained.element("Code"), "AccessDenied");
    let nobody = operator.assume("arn:aws:iam::000000000000:role/MusterHarvester", &world.account.external_id);
    assert_eq!(nobody.element("Code"), "AccessDenied");
    let long = format!(
        "Action=AssumeRole&Version=2011-06-15&RoleArn={}&RoleSessionName=muster&ExternalId={}&DurationSeconds=7200",
        world.account.role_arn, world.account.external_id
    );
    assert_eq!(operator.sts(&long).element("Code"), "ValidationError");
    let identity = world.session.sts("Action=GetCallerIdentity&Version=2011-06-15");
    assert_eq!(identity.element("Account"), world.account.systems_account);
    let direct = operator.ssm("DescribeInstanceInformation", json!({}));
    assert_eq!(direct.error_type(), "AccessDeniedException");
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_equal_those_of_the_service() {
    let world = World::new().await;
    let id = world.scanned().instance_id.to_string();
    let refusal = |operation: &str, input: Value| world.session.ssm(operation, input).error_type();
    for (operation, input, error) in [
        ("DescribeInstancePatches", json!({ "InstanceId": id, "MaxResults": 51 }), "ValidationException"),
        ("DescribeInstancePatches", json!({ "InstanceId": id, "MaxResults": 9 }), "ValidationException"),
        ("DescribeInstancePatches", json!({}), "ValidationException"),
        ("DescribeInstancePatches", json!({ "InstanceId": "mi-0123456789abcdef0" }), "InvalidInstanceId"),
        ("DescribeInstancePatches", json!({ "InstanceId": "nonsense" }), "ValidationException"),
        ("DescribeInstancePatchStates", json!({ "InstanceIds": [id], "MaxResults": 100 }), "ValidationException"),
        ("DescribeInstancePatchStates", json!({ "InstanceIds": vec![id.as_str(); 51] }), "ValidationException"),
        ("DescribeInstanceInformation", json!({ "MaxResults": 4 }), "ValidationException"),
        ("DescribeInstanceInformation", json!({ "Filters": [{ "Key": "Nope", "Values": ["x"] }] }), "InvalidFilterKey"),
        ("DescribeInstanceInformation", json!({ "NextToken": "rubbish" }), "InvalidNextToken"),
        ("DescribeInstanceInformation", json!({ "MaxResults": "many" }), "SerializationException"),
        ("GetInventory", json!({ "ResultAttributes": [{ "TypeName": "AWS:Nope" }] }), "InvalidTypeNameException"),
        ("GetPatchBaseline", json!({ "BaselineId": "pb-00000000000000000" }), "DoesNotExistException"),
        ("DescribeMaintenanceWindowExecutions", json!({ "WindowId": "mw-00000000000000000" }), "DoesNotExistException"),
        ("GetParameter", json!({ "Name": "x" }), "UnknownOperationException"),
    ] {
        assert_eq!(refusal(operation, input.clone()), error, "{operation} {input}");
    }
    let page = world.session.ssm("DescribeInstancePatches", json!({ "InstanceId": id, "MaxResults": 10 })).json();
    let foreign = json!({ "MaxResults": 10, "NextToken": page["NextToken"] });
    assert_eq!(refusal("ListCommands", foreign), "InvalidNextToken");
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_that_were_never_scanned_have_no_patch_state() {
    let world = World::new().await;
    let instances = world.estate.read().expect("a lock").instances();
    let bare =
        instances.iter().find(|one| one.current && one.patch.is_none()).expect("an instance that was never scanned");
    let session = world.session_at(bare);
    let states = session.ssm("DescribeInstancePatchStates", json!({ "InstanceIds": [&*bare.instance_id] })).json();
    assert_eq!(states["InstancePatchStates"], json!([]));
    let patches = session.ssm("DescribeInstancePatches", json!({ "InstanceId": &*bare.instance_id })).json();
    assert_eq!(patches["Patches"], json!([]));
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_are_forgotten_after_30_days_and_their_results_have_three_steps() {
    let world = World::new().await;
    let ask = |operation: &str, input: Value| world.session.ssm(operation, input).json();
    let now = world.estate.read().expect("a lock").now();
    let (rows, _) = all(&world.session, "ListCommandInvocations", &json!({ "Details": true }), "CommandInvocations");
    assert!(rows.iter().all(|row| row["CommandPlugins"].as_array().map(Vec::len) == Some(3)));
    let requested: Vec<f64> = rows.iter().map(|row| row["RequestedDateTime"].as_f64().expect("a time")).collect();
    let oldest = now.as_second() as f64 - 30.0 * 86_400.0;
    assert!(requested.len() > 20 && requested.iter().all(|&at| at >= oldest));
    assert!(requested.is_sorted_by(|a, b| a >= b), "newest first");
    let ever = world.estate.read().expect("a lock").invocations();
    assert!(ever.iter().any(|one| (one.requested_at.as_second() as f64) < oldest));
    let recent = json!({ "Filters": [{ "key": "InvokedAfter", "value": "2025-11-20T00:00:00Z" }] });
    let few = ask("ListCommands", recent)["Commands"].as_array().expect("rows").clone();
    assert!(!few.is_empty() && few.len() < ask("ListCommands", json!({}))["Commands"].as_array().map_or(0, Vec::len));
    let (command, id) =
        (&few[0]["CommandId"], ask("ListCommandInvocations", json!({ "CommandId": few[0]["CommandId"] })));
    let id = &id["CommandInvocations"][0]["InstanceId"];
    let unnamed = world.session.ssm("GetCommandInvocation", json!({ "CommandId": command, "InstanceId": id }));
    assert_eq!(unnamed.error_type(), "InvalidPluginName");
    let step = json!({ "CommandId": command, "InstanceId": id, "PluginName": "PatchLinux" });
    assert!(
        ask("GetCommandInvocation", step)["ExecutionElapsedTime"].as_str().is_some_and(|text| text.starts_with("PT"))
    );
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_have_baselines_groups_windows_and_inventory() {
    let world = World::new().await;
    let ask = |operation: &str, input: Value| world.session.ssm(operation, input).json();
    let own = ask("DescribePatchBaselines", json!({ "Filters": [{ "Key": "OWNER", "Values": ["Self"] }] }));
    let id = own["BaselineIdentities"][0]["BaselineId"].as_str().expect("a baseline").to_owned();
    assert!(id.starts_with("pb-"));
    let aws = ask("DescribePatchBaselines", json!({ "Filters": [{ "Key": "OWNER", "Values": ["AWS"] }] }));
    assert!(aws["BaselineIdentities"][0]["BaselineId"].as_str().is_some_and(|id| id.starts_with("arn:aws:ssm:")));
    let rules = ask("GetPatchBaseline", json!({ "BaselineId": id }));
    assert_eq!(rules["ApprovalRules"]["PatchRules"].as_array().map(Vec::len), Some(1));
    assert!(ask("DescribePatchGroups", json!({}))["Mappings"].as_array().is_some_and(|rows| rows.len() >= 3));
    let windows = ask("DescribeMaintenanceWindows", json!({}));
    let window = &windows["WindowIdentities"][0]["WindowId"];
    assert_eq!(
        ask("DescribeMaintenanceWindowTargets", json!({ "WindowId": window }))["Targets"][0]["WindowId"],
        *window
    );
    assert_eq!(
        ask("DescribeMaintenanceWindowTasks", json!({ "WindowId": window }))["Tasks"][0]["TaskArn"],
        "AWS-RunPatchBaseline"
    );
    for kind in ["AWS:InstanceInformation", "AWS:Tag", "AWS:Application", "AWS:WindowsUpdate"] {
        let page = ask("GetInventory", json!({ "ResultAttributes": [{ "TypeName": kind }] }));
        let with = page["Entities"].as_array().expect("entities").iter().filter(|one| !one["Data"][kind].is_null());
        assert!(with.count() > 0, "{kind}");
    }
    world.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn problems_of_an_account_start_on_their_day() {
    let mut estate = Estate::new(&EstateSpec::named("demo").expect("the demo"));
    while estate.today().to_string().as_str() < "2025-11-20" {
        estate.next_day();
    }
    let estate = estate.shared();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let simulator = Simulator::start(estate.clone(), listener).await.expect("a start");
    let roster = estate.read().expect("a lock").roster();
    let account = |name: &str| roster.iter().find(|one| one.account_name == name).expect("an account").clone();
    let operator = Client::operator(&simulator);
    let assume = |name: &str| operator.assume(&account(name).role_arn, &account(name).external_id).status;
    assert_eq!((assume("Calloway Clinical"), assume("F&T Disaster Recovery")), (200, 403));
    let stores = Client::session(&simulator, &account("Osprey Stores"));
    assert_eq!(stores.ssm("ListCommandInvocations", json!({})).status, 200);
    let law = Client::session(&simulator, &account("F&T Document Services"));
    assert_eq!(law.ssm("GetInventory", json!({})).error_type(), "AccessDeniedException");
    estate.write().expect("a lock").next_day();
    assert_eq!(assume("Calloway Clinical"), 403);
    while !estate.read().expect("a lock").is_at_last_day() {
        estate.write().expect("a lock").next_day();
    }
    let answer = stores.ssm("ListCommandInvocations", json!({}));
    assert_eq!((answer.status, answer.error_type().as_str()), (500, "InternalServerError"));
    simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_logged_with_their_attempts_and_can_be_rate_limited() {
    let world = World::new().await;
    world.simulator.reset_calls();
    let second = Client { attempt: 2, ..world.session.clone() };
    second.ssm("DescribeInstanceInformation", json!({}));
    let calls = world.simulator.calls();
    assert_eq!(calls.len(), 1);
    let call = &calls[0];
    assert_eq!((call.operation.as_str(), call.attempt, call.status), ("DescribeInstanceInformation", 2, 200));
    assert_eq!(
        (call.systems_account.as_str(), call.invocation_id.as_str()),
        (world.account.systems_account.as_str(), "inv-1")
    );
    world.simulator.set_rate_limit(Some(1.0));
    let statuses: Vec<u16> = (0..3).map(|_| world.session.ssm("ListCommands", json!({})).status).collect();
    assert_eq!(statuses, [200, 400, 400]);
    world.simulator.set_rate_limit(None);
    assert_eq!(world.session.ssm("ListCommands", json!({})).status, 200);
    let counts = world.simulator.call_counts();
    assert!(counts.iter().any(|count| count.operation == "ListCommands" && count.count == 4));
    world.simulator.stop().await;
}
