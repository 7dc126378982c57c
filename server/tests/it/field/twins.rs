//! A machine that is registered under two ids counts once, and its two pages lead to each other.

use crate::{field::case::Case, verify::verification::change};
use muster_verify::{Extent, verify};
use serde_json::{Value, json};

const CLOUD: &str = "Microsoft.Compute/virtualMachines";
const EC2: &str = "AWS::EC2::Instance";
const SCANNED: bool = true;
const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];

/// An instance: its id, Region, source type and source id, day of registration, and whether it was scanned.
type Node = (&'static str, usize, &'static str, &'static str, Option<&'static str>, bool);

/// What counts, what is left out, and what they are.
struct Machine {
    what: &'static str,
    nodes: Vec<Node>,
    /// The ids that count and those that do not, each with the one that counts.
    twins: &'static [(&'static str, &'static str)],
}

fn machines() -> Vec<Machine> {
    let machine = |what, nodes: &[Node], twins| Machine { what, nodes: nodes.to_vec(), twins };
    let (old, new) = (Some("@2026-10-01T00:00:00Z"), Some("@2026-11-01T00:00:00Z"));
    let ec2 = ("i-0aaaaaaaaaaaaaaa1", 0, EC2, "i-0aaaaaaaaaaaaaaa1", None, SCANNED);
    let hybrid = |id, source_type, source_id, registered| (id, 0, source_type, source_id, registered, SCANNED);
    let (first, second) = ("mi-0aaaaaaaaaaaaaa11", "mi-0aaaaaaaaaaaaaa12");
    let vm = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Compute/virtualMachines/vm-1";
    const UPPER: &str = "/SUBSCRIPTIONS/s/resourceGroups/r/providers/Microsoft.Compute/virtualMachines/VM-1";
    const ARN: &str = "arn:aws:ec2:us-east-1:100000000033:instance/i-0aaaaaaaaaaaaaaa1";
    const NEWER: &[(&str, &str)] = &[("mi-0aaaaaaaaaaaaaa11", "mi-0aaaaaaaaaaaaaa12")];
    const OF_EC2: &[(&str, &str)] = &[("i-0aaaaaaaaaaaaaaa1", "mi-0aaaaaaaaaaaaaa11")];
    vec![
        machine("two machines", &[hybrid(first, CLOUD, "vm-1", old), hybrid(second, CLOUD, "vm-2", new)], &[]),
        machine("registered twice", &[hybrid(first, CLOUD, vm, old), hybrid(second, CLOUD, vm, new)], NEWER),
        machine("spelled otherwise", &[hybrid(first, CLOUD, vm, old), hybrid(second, CLOUD, UPPER, new)], NEWER),
        machine("in two Regions", &[hybrid(first, CLOUD, vm, old), (second, 1, CLOUD, vm, new, SCANNED)], NEWER),
        machine(
            "the newer one was never scanned",
            &[hybrid(first, CLOUD, vm, old), (second, 0, CLOUD, vm, new, false)],
            &[("mi-0aaaaaaaaaaaaaa12", "mi-0aaaaaaaaaaaaaa11")],
        ),
        machine(
            "known to two services",
            &[hybrid(first, CLOUD, "vm-1", old), hybrid(second, "compute.googleapis.com/Instance", "vm-1", new)],
            &[],
        ),
        machine("an instance of EC2 with an activation", &[ec2, hybrid(first, EC2, ec2.0, old)], OF_EC2),
        machine("the same by its ARN", &[ec2, hybrid(first, EC2, ARN, old)], OF_EC2),
        machine("another instance of EC2", &[ec2, hybrid(first, EC2, "i-0aaaaaaaaaaaaaaa2", old)], &[]),
        machine("without a source", &[hybrid(first, "", "", old), hybrid(second, "", "", new)], &[]),
    ]
}

fn case_of(nodes: &[Node], days: &[(&str, &[Node])]) -> Value {
    let of = |nodes: &[Node], region: usize| {
        let nodes: Vec<_> = nodes.iter().filter(|node| node.1 == region).collect();
        let listed = nodes.iter().map(|(id, _, source_type, source_id, registered, _)| {
            json!({"InstanceId": id, "PingStatus": "Online", "LastPingDateTime": "@-3m", "AgentVersion": "3.3.4624.0",
                "IsLatestVersion": true, "PlatformType": "Linux", "PlatformName": "Amazon Linux", "PlatformVersion": "2023",
                "ResourceType": if id.starts_with("i-") { "EC2Instance" } else { "ManagedInstance" },
                "ComputerName": id, "IPAddress": "10.0.0.1", "SourceType": source_type, "SourceId": source_id,
                "RegistrationDate": registered})
        });
        let states: Vec<Value> = nodes.iter().filter(|node| node.5).map(|node| {
            json!({"InstanceId": node.0, "PatchGroup": "", "BaselineId": "pb-0aaaaaaaaaaaaaaaa", "InstalledCount": 0,
                "MissingCount": 1, "FailedCount": 0, "Operation": "Scan",
                "OperationStartTime": "@2026-11-20T09:00:00Z", "OperationEndTime": "@2026-11-20T10:00:00Z"})
        }).collect();
        let missing = json!([{"Title": "openssl.x86_64:1:3.2.2-1.amzn2023", "KBId": "openssl.x86_64",
            "Classification": "Security", "Severity": "Critical", "State": "Missing", "InstalledTime": 0.0}]);
        let patches: serde_json::Map<_, _> =
            nodes.iter().filter(|node| node.5).map(|node| (node.0.to_owned(), missing.clone())).collect();
        json!({"DescribeInstanceInformation": listed.collect::<Vec<_>>(), "DescribeInstancePatchStates": states,
            "DescribeInstancePatches": patches})
    };
    let mut account = json!({});
    for (number, region) in REGIONS.iter().enumerate() {
        account[format!("ssm@{region}")] = of(nodes, number);
    }
    for (day, nodes) in days {
        account[*day] = of(nodes, 0);
    }
    json!({"roster": {"regions": REGIONS}, "accounts": {"100000000033": account}})
}

async fn is_verified(case: &Case) {
    let source = case.source();
    assert_eq!(verify(&source, Extent::WHOLE).await.expect("a verification").first, []);
}

async fn ids(case: &Case, query: &str) -> Vec<String> {
    let rows = case.rows(&format!("/api/v1/{query}")).await;
    let mut ids: Vec<_> = rows.iter().filter_map(|row| row["instance_id"].as_str()).map(str::to_owned).collect();
    ids.sort();
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn one_machine_counts_once_whatever_figure_is_asked() {
    for Machine { what, nodes, twins } in machines() {
        let case = Case::of(case_of(&nodes, &[])).await;
        case.harvest().await;
        // The second harvest writes the other Region's rows again.
        case.harvest().await;
        let left_out: Vec<String> = twins.iter().map(|(twin, _)| (*twin).to_owned()).collect();
        let is_counted = |id: &str| !left_out.iter().any(|twin| twin == id);
        let mut counted: Vec<String> = nodes.iter().map(|node| node.0.to_owned()).filter(|id| is_counted(id)).collect();
        counted.sort();
        assert_eq!(ids(&case, "instances").await, counted, "{what}");
        assert_eq!(ids(&case, "instances?instance_state=duplicate").await, left_out, "{what}");
        let account = case.row("/api/v1/accounts").await;
        assert_eq!(account["instances"], counted.len(), "{what}");
        let pending = nodes.iter().filter(|node| node.5 && is_counted(node.0)).count();
        assert_eq!(account["pending_os_updates"], pending, "{what}");
        assert_eq!(ids(&case, "updates?state=Missing").await.len(), pending, "{what}");
        for (twin, other) in twins {
            let page = case.json(&format!("/api/v1/instances/{twin}")).await;
            assert_eq!(
                (&page["instance"]["instance_state"], &page["duplicate_of"]),
                (&json!("duplicate"), &json!(other)),
                "{what}"
            );
            for (of, to) in [(twin, other), (other, twin)] {
                let page = case.page(&format!("/instances/{of}")).await;
                assert!(
                    page.contains(&format!("href=\"/instances/{to}?tab=history\"")),
                    "{what}: {of} does not lead to {to}: {page}"
                );
            }
        }
        is_verified(&case).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_counts_again_when_one_is_deregistered() {
    let node = |id, registered| (id, 0, CLOUD, "vm-1", Some(registered), SCANNED);
    let first = node("mi-0aaaaaaaaaaaaaa11", "@2026-10-01T00:00:00Z");
    let second = node("mi-0aaaaaaaaaaaaaa12", "@2026-11-01T00:00:00Z");
    let case = Case::of(case_of(&[first, second], &[("day1", &[first]), ("day2", &[first, second])])).await;
    for expected in [second.0, first.0, second.0] {
        case.harvest().await;
        assert_eq!(ids(&case, "instances").await, [expected]);
        is_verified(&case).await;
        case.next_round();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_verification_notices_a_machine_that_counts_twice() {
    let node = |id, registered| (id, 0, CLOUD, "vm-1", Some(registered), SCANNED);
    let nodes =
        [node("mi-0aaaaaaaaaaaaaa11", "@2026-10-01T00:00:00Z"), node("mi-0aaaaaaaaaaaaaa12", "@2026-11-01T00:00:00Z")];
    let case = Case::of(case_of(&nodes, &[])).await;
    case.harvest().await;
    is_verified(&case).await;
    let source = case.source();
    change(&source.store, "UPDATE listed_instance SET duplicate_of = '', duplicate_since = NULL".to_owned()).await;
    let found = verify(&source, Extent::WHOLE).await.expect("a verification").first;
    assert!(found.iter().any(|mismatch| mismatch.what == "instances"), "{found:#?}");
}
