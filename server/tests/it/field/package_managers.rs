//! What a severity means depends on the package manager that reported it, never on the name of an operating system.

use crate::field::case::Case;
use muster_verify::{Extent, verify};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_priority_is_no_severity_on_a_derivative_of_debian() {
    let case = Case::harvested("raspbian-priorities").await;
    assert_eq!(case.rows("/api/v1/updates?severity=unrated").await.len(), 4);
    assert_eq!(case.rows("/api/v1/updates?severity=important").await.len(), 0);
    let rows = case.rows("/api/v1/updates?state=Missing").await;
    let dues: Vec<_> = rows.iter().map(|row| row["due_at"].as_str().expect("due")).collect();
    assert!(dues.iter().all(|due| due == &dues[0] && due.starts_with("2026-12-20")), "30 days, on both: {dues:?}");
    assert!(rows.iter().all(|row| row["severity_band"] == "unrated"), "{rows:#?}");
}

/// The names of operating systems with apt, with RPM, and of some that nobody has heard of.
const NAMES: [&str; 14] = [
    "Debian GNU/Linux",
    "Ubuntu",
    "Raspbian GNU/Linux",
    "Linux Mint",
    "Pop!_OS",
    "Kali GNU/Linux",
    "Devuan GNU/Linux",
    "elementary OS",
    "Astra Linux",
    "SLES",
    "Red Hat Enterprise Linux",
    "Ubuntu Enterprise Linux (by RPM)",
    "",
    "Debianoid",
];
/// A system's baseline, as far as it is known.
const BASELINES: [Option<&str>; 5] =
    [None, Some("DEBIAN"), Some("UBUNTU"), Some("RASPBIAN"), Some("REDHAT_ENTERPRISE_LINUX")];
/// The ids and titles that the package managers report.
const APT: [(&str, &str); 2] = [("libc6.armhf", "libc6:armhf:2.31-13"), ("tzdata.all", "tzdata.all:2024b-0+deb11u1")];
const RPM: [(&str, &str); 2] =
    [("glibc.x86_64", "glibc.x86_64:0:2.34-100.el9"), ("tzdata.noarch", "tzdata.noarch:0:2024b-1.el9")];

fn baseline_id(number: usize) -> String {
    format!("pb-0aaaaaaaaa{number:07}")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_package_manager_decides_and_not_the_name() {
    let (mut nodes, mut states, mut patches, mut expected) = (Vec::new(), Vec::new(), json!({}), Vec::new());
    for name in NAMES {
        for (number, baseline) in BASELINES.into_iter().enumerate() {
            // A baseline is of its own operating system.
            let managers = match baseline {
                None => vec![(true, APT), (false, RPM)],
                Some("REDHAT_ENTERPRISE_LINUX") => vec![(false, RPM)],
                Some(_) => vec![(true, APT)],
            };
            for (uses_apt, packages) in managers {
                let id = format!("mi-0f1e1d{:011}", nodes.len());
                nodes.push(json!({
                    "InstanceId": id, "PingStatus": "Online", "AgentVersion": "3.3.4624.0", "PlatformType": "Linux",
                    "PlatformName": name, "PlatformVersion": "1", "ResourceType": "ManagedInstance", "ComputerName": id,
                    "SourceId": id, "SourceType": "AWS::SSM::ManagedInstance",
                }));
                states.push(json!({
                    "InstanceId": id, "PatchGroup": "", "BaselineId": baseline_id(number),
                    "SnapshotId": "11111111-1111-4111-8111-111111111111", "Operation": "Scan", "MissingCount": 2,
                    "OperationStartTime": "@-3h", "OperationEndTime": "@-2h",
                }));
                let rows = packages.map(|(kb_id, title)| json!({
                    "Title": title, "KBId": kb_id, "Classification": "Security", "Severity": "Important", "State": "Missing",
                    "InstalledTime": 0.0,
                }));
                patches[&id] = json!(rows);
                expected.push((id, name, uses_apt));
            }
        }
    }
    let baselines = BASELINES.into_iter().enumerate().filter_map(|(number, system)| {
        let system = system?;
        Some(json!({ "BaselineId": baseline_id(number), "BaselineName": system, "OperatingSystem": system }))
    });
    let ssm = json!({
        "DescribeInstanceInformation": nodes,
        "DescribeInstancePatchStates": states,
        "DescribeInstancePatches": patches,
        "DescribePatchBaselines": baselines.collect::<Vec<_>>(),
    });
    let case = json!({ "roster": { "regions": ["us-east-1"] }, "accounts": { "100000000007": { "ssm": ssm } } });
    let case = Case::of(case).await;
    case.harvest().await;
    let rows = case.rows("/api/v1/updates?per_page=500").await;
    assert_eq!(rows.len(), 2 * expected.len());
    for row in rows {
        let (_, name, uses_apt) =
            expected.iter().find(|(id, ..)| row["instance_id"] == id.as_str()).expect("an instance");
        let band = if *uses_apt { "unrated" } else { "important" };
        assert_eq!(row["severity_band"], band, "{name}: {row:#}");
    }
    let extent = Extent { today: false, pages_max: 20 };
    assert_eq!(verify(&case.source(), extent).await.expect("verified").first, []);
    let unrated = expected.iter().filter(|(.., uses_apt)| *uses_apt).count() as u64 * 2;
    let page: Value = case.json("/api/v1/updates?severity=unrated").await;
    assert_eq!(page["total"], unrated);
}
