//! The coverage ledger: its classes add up to every instance ever seen, and each count equals its linked rows.

use crate::{
    field::case::Case,
    support::world::{get_json, harvested},
};
use muster_access::principal::Principal;
use muster_model::{
    coverage::{Coverage, CoverageCount},
    filter::{CoverageFilter, InstanceFilter},
    ports::Reports,
};
use muster_verify::{Extent, verify};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn every_instance_ever_seen_is_in_exactly_one_class() {
    let reports = harvested().reports(&Principal::local());
    let page = reports.coverage(CoverageFilter::default()).await.expect("coverage");
    let sum: u64 = page.counts.iter().map(|count| count.instances).sum();
    assert_eq!(sum, page.rows.total);
    for CoverageCount { coverage, instances } in &page.counts {
        let rows = get_json(&format!("/api/v1/coverage?coverage={}", coverage.code())).await;
        assert_eq!(rows["total"], *instances, "{coverage:?}");
    }
    let current: u64 = page.counts.iter().filter(|one| one.coverage.is_current()).map(|one| one.instances).sum();
    let instances = reports.instances(InstanceFilter::default()).await.expect("instances").total;
    assert_eq!(current, instances, "what is current here is current everywhere");
    let covered = page.counts.iter().find(|count| count.coverage == Coverage::OnSchedule).expect("a count");
    assert!(covered.instances > 0 && covered.instances < current, "{:?}", page.counts);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_work_comes_first() {
    let rows = get_json("/api/v1/coverage?per_page=500").await["rows"].as_array().expect("rows").clone();
    let classes: Vec<Coverage> = rows
        .iter()
        .map(|row| Coverage::from_code(row["coverage"].as_str().expect("a class")).expect("known"))
        .collect();
    assert!(classes.is_sorted(), "{classes:?}");
}

/// An instance with this operating system that was scanned today.
fn case_of(systems: &[(&str, &str)]) -> Value {
    let (mut nodes, mut states) = (vec![], vec![]);
    for (number, (name, version)) in systems.iter().enumerate() {
        let id = format!("i-0f1e1d17{number:09x}");
        nodes.push(json!({"InstanceId": id, "PingStatus": "Online", "LastPingDateTime": "@-3m",
            "AgentVersion": "3.3.4624.0", "IsLatestVersion": true, "PlatformType": "Linux", "PlatformName": name,
            "PlatformVersion": version, "ResourceType": "EC2Instance", "ComputerName": format!("host-{number}")}));
        states.push(json!({"InstanceId": id, "PatchGroup": "", "Operation": "Scan",
            "BaselineId": "pb-0aaaaaaaaaaaaaaaa", "SnapshotId": "11111111-1111-4111-8111-111111111111",
            "InstalledCount": 1, "MissingCount": 0, "FailedCount": 0, "OperationStartTime": "@-3h",
            "OperationEndTime": "@-2h"}));
    }
    json!({"roster": {"regions": ["us-east-1"]}, "accounts": {"100000000017": {"ssm": {
        "DescribeInstanceInformation": nodes, "DescribeInstancePatchStates": states,
    }}}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_at_the_end_of_its_life_is_told_apart() {
    // It is 20 November 2026.
    let systems =
        [("CentOS Linux", "7.9"), ("Ubuntu", "20.04"), ("Amazon Linux", "2"), ("Ubuntu", "24.04"), ("TempleOS", "5")];
    let case = Case::of(case_of(&systems)).await;
    case.harvest().await;
    let rows = case.rows("/api/v1/coverage").await;
    let of = |name: &str, version: &str| {
        let is_of = |row: &&Value| row["platform_name"] == name && row["platform_version"] == version;
        let row = rows.iter().find(is_of).expect("the instance");
        (row["coverage"].clone(), row["since"].clone())
    };
    for (name, version, since) in [
        ("CentOS Linux", "7.9", "2024-07-01T00:00:00Z"),
        ("Ubuntu", "20.04", "2025-06-01T00:00:00Z"),
        ("Amazon Linux", "2", "2026-07-01T00:00:00Z"),
    ] {
        assert_eq!(of(name, version), ("end_of_life".into(), since.into()), "{name}");
    }
    for (name, version) in [("Ubuntu", "24.04"), ("TempleOS", "5")] {
        assert_eq!(of(name, version).0, "no_window", "{name}");
    }
    let id = rows.iter().find(|row| row["platform_name"] == "CentOS Linux").expect("CentOS")["instance_id"].clone();
    let page = case.page(&format!("/instances/{}", id.as_str().expect("an id"))).await;
    assert!(page.contains("free security updates until 30 Jun 2024"), "{page}");
    assert_eq!(verify(&case.source(), Extent::WHOLE).await.expect("a verification").first, []);
}
