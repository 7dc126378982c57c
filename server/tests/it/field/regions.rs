//! Partitions and Regions: every partition can be harvested, and a Region that is not enabled is named as that.

use crate::field::case::{Case, read};
use muster_core::partition::PARTITIONS;
use serde_json::{Value, json};

fn role_arns(case: &Case) -> Vec<String> {
    let requests = case.wire.requests();
    let assumed = requests.iter().filter(|sent| sent.operation == "AssumeRole");
    let arn = |body: &str| {
        let value = form_urlencoded::parse(body.as_bytes()).find(|(key, _)| key == "RoleArn");
        value.map(|(_, value)| value.into_owned()).expect("a role")
    };
    assumed.map(|sent| arn(sent.body.as_str().expect("a form"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_of_an_organization_in_china_are_harvested() {
    let case = Case::harvested("organization-partition").await;
    assert!(role_arns(&case).iter().all(|arn| arn.starts_with("arn:aws-cn:iam::100000000041:role/")));
    let row = case.row("/api/v1/instances").await;
    assert_eq!((row["name"].as_str(), row["region"].as_str()), (Some("cn-node"), Some("cn-north-1")));
}

/// In each partition, with the process in its own Region, and where the partition is public also with none configured.
#[tokio::test(flavor = "multi_thread")]
async fn accounts_of_an_organization_are_harvested_in_every_partition() {
    for partition in PARTITIONS {
        let mut played = read("organization-partition");
        let (name, region) = (partition.name, partition.organizations_region);
        let organization = &mut played["organization"];
        organization["region"] = json!(region);
        organization["accounts"][0]["Arn"] = json!(format!("arn:{name}:organizations::100000000041:account/o-x/1"));
        organization["tags"]["100000000041"][2]["Value"] = json!(region);
        let mut case = Case::of(played).await;
        if !partition.is_public {
            case.in_region(region);
        }
        let round = case.harvest().await;
        assert_eq!((round.harvests, round.failed, round.partial), (1, 0, 0), "{name}");
        let role = format!("arn:{name}:iam::100000000041:role/muster-harvest");
        assert_eq!(role_arns(&case), [role], "{name}");
        assert_eq!(case.rows("/api/v1/instances").await.len(), 1, "{name}");
    }
}

fn errors(row: &Value) -> Vec<(&str, &str)> {
    let errors = row["errors"].as_array().expect("errors").iter();
    errors.map(|one| (one["class"].as_str().expect("a class"), one["code"].as_str().expect("a code"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_is_not_enabled_is_named_as_that() {
    let case = Case::open("region-not-enabled").await;
    for _ in 0..2 {
        let round = case.harvest().await;
        assert_eq!((round.harvests, round.failed), (3, 2));
    }
    let row = case.row("/api/v1/instances").await;
    assert_eq!(row["name"], "good-region");
    let rows = case.rows("/api/v1/harvest").await;
    for (region, expected) in [
        ("us-east-1", vec![]),
        ("ap-east-1", vec![("region", "RegionDisabledException")]),
        ("me-south-1", vec![("region", "UnrecognizedClientException")]),
    ] {
        let row = rows.iter().find(|row| row["region"] == region).expect("its row");
        let found = errors(row);
        assert!(found == expected || (!expected.is_empty() && found.iter().all(|it| *it == expected[0])), "{row}");
    }
    let page = case.page("/harvest").await;
    assert!(page.contains("may not be enabled") && !page.contains("Check the role ARN"), "{page}");
}
