//! Two registrations are one machine only where more than a host name says so.

use crate::field::case::Case;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn machines_without_a_name_are_not_one_machine() {
    let case = Case::harvested("everybody-is-localhost").await;
    for id in ["mi-0f1e1d32010000000", "mi-0f1e1d32020000000"] {
        assert_eq!(case.json(&format!("/api/v1/instances/{id}")).await["registrations"], json!([]), "{id}");
        let page = case.page(&format!("/instances/{id}?tab=history")).await;
        assert!(!page.contains("Registered before") && !page.contains("Registered again"), "{page}");
    }
}

/// How the second registration differs from the first.
#[derive(Clone)]
struct Difference {
    what: &'static str,
    is_same: bool,
    first: Value,
    second: Value,
}

fn difference(what: &'static str, is_same: bool, first: Value, second: Value) -> Difference {
    Difference { what, is_same, first, second }
}

fn differences() -> Vec<Difference> {
    let cloud = |id: &str| json!({ "SourceType": "Microsoft.Compute/virtualMachines", "SourceId": id, "IPAddress": "10.0.0.1" });
    let mut all = vec![
        difference("registered again", true, json!({}), json!({})),
        difference("after an upgrade", true, json!({}), json!({ "PlatformVersion": "26.04" })),
        difference("a clone elsewhere", false, json!({}), json!({ "IPAddress": "10.0.0.9" })),
        difference("another operating system", false, json!({}), json!({ "PlatformName": "CentOS Linux" })),
        difference("another platform", false, json!({}), json!({ "PlatformType": "Windows" })),
        difference("another name", false, json!({}), json!({ "ComputerName": "web-2" })),
        difference("a name in another case", false, json!({}), json!({ "ComputerName": "WEB-1" })),
        difference("that was there before", false, json!({}), json!({ "RegistrationDate": "@-90d" })),
        difference("without an address", false, json!({ "IPAddress": "" }), json!({ "IPAddress": "" })),
        difference(
            "with only its own address",
            false,
            json!({ "IPAddress": "127.0.0.1" }),
            json!({ "IPAddress": "127.0.0.1" }),
        ),
        difference("the same cloud machine", true, cloud("vm-1"), cloud("vm-1")),
        difference("the same cloud machine, renamed and moved", true, cloud("vm-1"), {
            let mut other = cloud("vm-1");
            other["ComputerName"] = "web-9".into();
            other["IPAddress"] = "10.9.9.9".into();
            other
        }),
        difference(
            "the same id of another cloud",
            false,
            json!({ "SourceType": "compute.googleapis.com/Instance", "SourceId": "vm-1", "IPAddress": "10.0.0.2" }),
            cloud("vm-1"),
        ),
    ];
    for name in ["", "localhost", "localhost.localdomain", "LOCALHOST", "localhost.example"] {
        let named = json!({ "ComputerName": name });
        all.push(difference(name, false, named.clone(), named));
    }
    all
}

fn node(id: &str, registered: &str, changes: &Value) -> Value {
    let mut node = json!({
        "InstanceId": id, "PingStatus": "Online", "LastPingDateTime": "@-3m", "AgentVersion": "3.3.4624.0",
        "IsLatestVersion": true, "PlatformType": "Linux", "PlatformName": "Ubuntu", "PlatformVersion": "24.04",
        "ResourceType": "ManagedInstance", "IPAddress": "10.0.0.5", "ComputerName": "web-1", "SourceId": id,
        "SourceType": "AWS::SSM::ManagedInstance", "RegistrationDate": registered,
    });
    for (member, value) in changes.as_object().expect("changes") {
        node[member] = value.clone();
    }
    node
}

async fn registrations(first_round: Value, second_round: Value, ids: [&str; 2]) -> [Vec<Value>; 2] {
    let account = json!({
        "ssm": { "DescribeInstanceInformation": first_round }, "day1": { "DescribeInstanceInformation": second_round },
    });
    let case =
        Case::of(json!({ "roster": { "regions": ["us-east-1"] }, "accounts": { "100000000032": account } })).await;
    case.harvest().await;
    assert!(case.next_round());
    case.harvest().await;
    let mut found = Vec::new();
    for id in ids {
        let page = case.json(&format!("/api/v1/instances/{id}")).await;
        found.push(page["registrations"].as_array().expect("registrations").clone());
    }
    found.try_into().expect("two")
}

const OLD: &str = "mi-0f1e1d32010000000";
const NEW: &str = "mi-0f1e1d32020000000";
const THIRD: &str = "mi-0f1e1d32030000000";

#[tokio::test(flavor = "multi_thread")]
async fn registrations_are_one_machine_by_all_of_their_evidence() {
    for Difference { what, is_same, first, second } in differences() {
        let rounds = (json!([node(OLD, "@-60d", &first)]), json!([node(NEW, "@-30m", &second)]));
        let [of_old, of_new] = registrations(rounds.0, rounds.1, [OLD, NEW]).await;
        assert_eq!((of_old.len(), of_new.len()), (usize::from(is_same), usize::from(is_same)), "{what}");
        if is_same {
            assert_eq!((&of_old[0]["instance_id"], &of_old[0]["earlier"]), (&NEW.into(), &false.into()), "{what}");
            assert_eq!((&of_new[0]["instance_id"], &of_new[0]["earlier"]), (&OLD.into(), &true.into()), "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_several_current_instances_have_tells_nothing() {
    let nothing = json!({});
    let clone = node(THIRD, "@-40d", &json!({ "IPAddress": "10.0.0.6" }));
    let rounds = (json!([node(OLD, "@-60d", &nothing), clone]), json!([node(NEW, "@-30m", &nothing), clone]));
    let [of_old, of_new] = registrations(rounds.0, rounds.1, [OLD, NEW]).await;
    assert_eq!((of_old, of_new), (Vec::new(), Vec::new()));
    let both = json!([node(OLD, "@-60d", &nothing), node(NEW, "@-30m", &nothing)]);
    let [of_old, of_new] = registrations(json!([node(OLD, "@-60d", &nothing)]), both, [OLD, NEW]).await;
    assert_eq!((of_old, of_new), (Vec::new(), Vec::new()), "both are there");
}
