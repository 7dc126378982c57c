//! A hybrid instance that is registered again keeps its history, where the tags of its activation tell that it is the same.

use crate::{field::case::Case, support::world::customer, verify::verification::change};
use muster_model::{filter::OfInstance, ids::InstanceId, ports::Reports, transition::TransitionKind};
use muster_verify::{Extent, verify};
use serde_json::{Map, Value, json};

const ACCOUNT: &str = "100000000041";
const OTHER_ACCOUNT: &str = "100000000042";
const OLD: &str = "mi-0aaaaaaaaaaaaaa21";
const NEW: &str = "mi-0aaaaaaaaaaaaaa22";
const VM: &str = "i-0bbbbbbbbbbbbbbb1";
const COMMAND: &str = "0f1e1d41-0000-4000-8000-000000000001";

/// An instance in a round: its id, when it was registered, its tags, and the state of its update.
#[derive(Clone)]
struct Node {
    id: &'static str,
    registered: &'static str,
    tags: Vec<(&'static str, String)>,
    state: Option<&'static str>,
    /// The instance of EC2 that Systems Manager says it is, or empty.
    source: &'static str,
}

/// The tags of an activation.
fn tags(account: &str) -> Vec<(&'static str, String)> {
    let tags = [("muster:provider", "aws"), ("muster:account", account), ("muster:instance", VM), ("Patch Group", "g")];
    tags.map(|(key, value)| (key, value.to_owned())).to_vec()
}

fn old() -> Node {
    Node { id: OLD, registered: "@2026-10-01T00:00:00Z", tags: tags(ACCOUNT), state: Some("Missing"), source: "" }
}

fn new() -> Node {
    Node { id: NEW, registered: "@2026-11-21T00:00:00Z", tags: tags(ACCOUNT), state: None, source: "" }
}

fn answers(nodes: &[Node]) -> Value {
    let is_new = |node: &&Node| node.id == NEW;
    let has_new = nodes.iter().any(|node| is_new(&node));
    let listed = nodes.iter().map(|node| {
        // The agent of a machine has only its last registration.
        let is_lost = has_new && !is_new(&node);
        json!({"InstanceId": node.id, "PingStatus": if is_lost { "ConnectionLost" } else { "Online" },
            "LastPingDateTime": if is_lost { "@-2d" } else { "@-3m" }, "AgentVersion": "3.3.4624.0",
            "IsLatestVersion": true, "PlatformType": "Linux", "PlatformName": "Ubuntu", "PlatformVersion": "24.04",
            "ResourceType": "ManagedInstance", "ComputerName": format!("host-{}", node.id), "IPAddress": "10.0.0.5",
            "SourceId": node.source, "SourceType": if node.source.is_empty() { "" } else { "AWS::EC2::Instance" },
            "RegistrationDate": node.registered})
    });
    let scanned = || nodes.iter().filter_map(|node| Some((node, node.state?)));
    let states = scanned().map(|(node, state)| {
        json!({"InstanceId": node.id, "PatchGroup": "g", "BaselineId": "pb-0aaaaaaaaaaaaaaaa", "InstalledCount": 0,
            "MissingCount": u8::from(state == "Missing"), "FailedCount": 0, "Operation": "Scan",
            "OperationStartTime": "@-3h", "OperationEndTime": "@-2h"})
    });
    let patches = scanned().map(|(node, state)| {
        let patch = json!([{"Title": "openssl.x86_64:1:3.2.2-1.amzn2023", "KBId": "openssl.x86_64",
            "Classification": "Security", "Severity": "Critical", "State": state, "InstalledTime": 0.0}]);
        (node.id.to_owned(), patch)
    });
    let tagged = nodes.iter().filter(|node| !node.tags.is_empty()).map(|node| {
        let rows = node.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value}));
        (node.id.to_owned(), rows.collect())
    });
    json!({"DescribeInstanceInformation": listed.collect::<Vec<_>>(),
        "DescribeInstancePatchStates": states.collect::<Vec<_>>(),
        "DescribeInstancePatches": patches.collect::<Map<_, _>>(),
        "GetInventory": {"AWS:Tag": tagged.collect::<Map<_, _>>()}})
}

/// A case with the rounds of one account, a run in the first, and another account with some nodes.
async fn case_of(rounds: &[&[Node]], elsewhere: &[Node]) -> Case {
    let mut account = json!({});
    for (number, nodes) in rounds.iter().enumerate() {
        let name = if number == 0 { "ssm".to_owned() } else { format!("day{number}") };
        account[name] = answers(nodes);
    }
    account["ssm"]["ListCommands"] = json!([{"CommandId": COMMAND, "DocumentName": "AWS-RunPatchBaseline",
        "Status": "Success", "StatusDetails": "Success", "Parameters": {"Operation": ["Scan"]},
        "RequestedDateTime": "@-4h", "TargetCount": 1, "CompletedCount": 1, "ErrorCount": 0}]);
    account["ssm"]["ListCommandInvocations"] = json!([{"CommandId": COMMAND, "InstanceId": OLD,
        "DocumentName": "AWS-RunPatchBaseline", "RequestedDateTime": "@-4h", "Status": "Success",
        "StatusDetails": "Success", "CommandPlugins": [{"Name": "PatchLinux", "Status": "Success", "ResponseCode": 0,
            "ResponseStartDateTime": "@-4h", "ResponseFinishDateTime": "@-3h"}]}]);
    let mut accounts = json!({ACCOUNT: account});
    if !elsewhere.is_empty() {
        accounts[OTHER_ACCOUNT] = json!({"ssm": answers(elsewhere)});
    }
    Case::of(json!({"roster": {"regions": ["us-east-1"]}, "accounts": accounts})).await
}

async fn harvest_all(case: &Case) {
    case.harvest().await;
    harvest_rest(case).await;
}

async fn harvest_rest(case: &Case) {
    while case.next_round() {
        case.harvest().await;
    }
}

async fn is_verified(case: &Case) {
    assert_eq!(verify(&case.source(), Extent::WHOLE).await.expect("a verification").first, []);
}

/// The ids of the rows of a list, in its order.
async fn ids(case: &Case, list: &str) -> Vec<String> {
    let rows = case.rows(&format!("/api/v1/{list}")).await;
    rows.iter().map(|row| row["instance_id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_registration_counts_and_continues_the_history() {
    let scanned = || Node { state: Some("Missing"), ..new() };
    let case = case_of(&[&[old()], &[old(), new()], &[old(), scanned()], &[scanned()]], &[]).await;
    case.harvest().await;
    assert_eq!(ids(&case, "instances").await, [OLD]);
    is_verified(&case).await;

    // The former registration is still listed, and alone has patch data.
    assert!(case.next_round());
    case.harvest().await;
    assert_eq!(ids(&case, "instances").await, [NEW]);
    assert_eq!(ids(&case, "instances?instance_state=duplicate").await, [OLD]);
    assert_eq!(case.row("/api/v1/accounts").await["instances"], 1);
    assert_eq!(ids(&case, &format!("instances/{NEW}/history")).await, [OLD]);
    assert_eq!(ids(&case, &format!("instances/{NEW}/runs")).await, [OLD]);
    is_verified(&case).await;

    for _ in 0..2 {
        assert!(case.next_round());
        case.harvest().await;
        assert_eq!(ids(&case, "instances").await, [NEW]);
        for (id, other, earlier) in [(OLD, NEW, false), (NEW, OLD, true)] {
            assert_eq!(ids(&case, &format!("instances/{id}/history")).await, [NEW, OLD]);
            assert_eq!(ids(&case, &format!("instances/{id}/runs")).await, [OLD]);
            let page = case.json(&format!("/api/v1/instances/{id}")).await;
            assert_eq!((&page["transitions"], &page["runs"]), (&2.into(), &1.into()), "{id}");
            let registration = &page["registrations"][0];
            let shown = ["instance_id", "earlier", "is_attested"].map(|member| registration[member].clone());
            assert_eq!(shown, [json!(other), json!(earlier), json!(true)]);
        }
        is_verified(&case).await;
    }
    assert_eq!(ids(&case, "instances?instance_state=deregistered").await, [OLD]);

    // The update was known before, and the other registration is named.
    let rows = case.rows(&format!("/api/v1/instances/{NEW}/history")).await;
    assert_eq!((&rows[0]["kind"], &rows[1]["kind"]), (&"returned".into(), &"first_seen".into()));
    let page = case.page(&format!("/instances/{NEW}?tab=history")).await;
    for text in ["Registered before as ", " until ", &format!("registered as {OLD}"), &format!(" as {OLD}")] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let page = case.page(&format!("/instances/{OLD}?tab=history")).await;
    assert!(page.contains("Registered again as ") && page.contains(&format!("/instances/{NEW}?tab=history")), "{page}");
    let file = case.page(&format!("/export/history.csv?instance={NEW}")).await;
    assert!(file.contains(OLD) && file.contains(NEW), "{file}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_past_day_shows_what_was_known_then() {
    let scanned = Node { state: Some("Missing"), ..new() };
    let case = case_of(&[&[old()], &[old(), scanned.clone()], &[scanned]], &[]).await;
    case.harvest().await;
    let first_day = muster_store::value::day_of(case.wire.now());
    harvest_rest(&case).await;
    let past = format!("as_of={first_day}");
    assert_eq!(ids(&case, &format!("instances?{past}")).await, [OLD]);
    assert_eq!(ids(&case, &format!("instances/{OLD}/history?{past}")).await, [OLD]);
    let page = case.json(&format!("/api/v1/instances/{OLD}?{past}")).await;
    assert_eq!((&page["registrations"], &page["transitions"]), (&json!([]), &1.into()));
    assert_eq!(ids(&case, &format!("instances/{OLD}/history")).await, [NEW, OLD]);
}

/// Tags that are not those of one identity of the account.
fn other_tags() -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let without = |missing: &str| tags(ACCOUNT).into_iter().filter(|(key, _)| *key != missing).collect();
    let with = |changed: &str, value: &str| {
        let tag = |(key, old): (&'static str, String)| (key, if key == changed { value.to_owned() } else { old });
        tags(ACCOUNT).into_iter().map(tag).collect()
    };
    vec![
        ("none", Vec::new()),
        ("no provider", without("muster:provider")),
        ("no account", without("muster:account")),
        ("no instance", without("muster:instance")),
        ("an empty instance", with("muster:instance", "")),
        ("another instance", with("muster:instance", "i-0bbbbbbbbbbbbbbb2")),
        ("another account", with("muster:account", OTHER_ACCOUNT)),
        ("another provider", with("muster:provider", "azure")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn other_tags_do_not_join() {
    for (what, tags) in other_tags() {
        let other = Node { tags, ..new() };
        let case = case_of(&[&[old()], &[old(), other]], &[]).await;
        harvest_all(&case).await;
        let mut counted = ids(&case, "instances").await;
        counted.sort();
        assert_eq!(counted, [OLD, NEW], "{what}");
        assert_eq!(ids(&case, &format!("instances/{NEW}/history")).await, [""; 0], "{what}");
        let page = case.json(&format!("/api/v1/instances/{NEW}")).await;
        assert_eq!(page["registrations"], json!([]), "{what}");
        is_verified(&case).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_of_ec2_instances_and_of_other_accounts_do_not_join() {
    let ec2 = Node { id: "i-0cccccccccccccccc", ..new() };
    let copied = Node { id: NEW, ..new() };
    let case = case_of(&[&[old(), ec2]], &[copied]).await;
    harvest_all(&case).await;
    assert_eq!(ids(&case, "instances").await.len(), 3);
    assert_eq!(ids(&case, &format!("instances/{NEW}/history")).await, [""; 0]);
    assert_eq!(ids(&case, &format!("instances/{OLD}/history")).await, [OLD]);
    is_verified(&case).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_former_registration_does_not_count_where_the_service_knows_the_machine_too() {
    let (old, new) = (Node { source: VM, ..old() }, Node { source: VM, ..new() });
    let case = case_of(&[&[old.clone(), new.clone()]], &[]).await;
    harvest_all(&case).await;
    assert_eq!(ids(&case, "instances").await, [NEW]);
    is_verified(&case).await;
    // An EC2 instance that is managed under its own id counts while it alone has patch data.
    let ec2 = Node { id: VM, tags: Vec::new(), ..old.clone() };
    let case = case_of(&[&[ec2, Node { state: None, ..old }, new]], &[]).await;
    harvest_all(&case).await;
    assert_eq!(ids(&case, "instances").await, [VM]);
    is_verified(&case).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registrations_are_apart_again_when_the_tags_change() {
    let apart = Node { tags: vec![("Patch Group", "g".to_owned())], ..new() };
    let both_apart = Node { tags: vec![("Patch Group", "g".to_owned())], ..old() };
    let case = case_of(&[&[old(), new()], &[both_apart, apart]], &[]).await;
    case.harvest().await;
    assert_eq!(ids(&case, "instances").await, [NEW]);
    harvest_rest(&case).await;
    assert_eq!(ids(&case, "instances").await.len(), 2);
    is_verified(&case).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_owner_does_not_see_former_registrations_of_the_former_owner() {
    let scanned = Node { state: Some("Missing"), ..new() };
    let case = case_of(&[&[old()], &[scanned]], &[]).await;
    harvest_all(&case).await;
    let store = &case.source().store;
    let moved = format!("INSERT INTO former_owner VALUES ('{ACCOUNT}', 'c-former', TIMESTAMP '2026-11-01 00:00:00')");
    assert_eq!(change(store, moved).await, 1);
    let seen = async || {
        let reports = case.source().for_scope(customer("c-1").scope());
        let id = |id: &str| id.parse::<InstanceId>().expect("an id");
        let page = reports.instance(id(NEW)).await.expect("a page");
        assert_eq!((page.transitions, page.runs), (1, 0));
        let history = reports.history(OfInstance::all(id(NEW))).await.expect("a history").rows;
        assert_eq!(history.iter().map(|row| row.instance_id.as_str()).collect::<Vec<_>>(), [NEW]);
        assert_eq!(history[0].kind, TransitionKind::FirstSeen);
        (page.registrations.len(), reports.instance(id(OLD)).await.is_ok())
    };
    assert_eq!(seen().await, (1, true), "it was found gone by the new owner");
    let gone = format!("UPDATE instance SET gone_at = TIMESTAMP '2026-10-15 00:00:00' WHERE instance_id = '{OLD}'");
    assert_eq!(change(store, gone).await, 1);
    assert_eq!(seen().await, (0, false), "it was gone before");
    // The operator sees both.
    assert_eq!(ids(&case, &format!("instances/{NEW}/history")).await, [NEW, OLD]);
}
