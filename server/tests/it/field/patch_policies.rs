//! Which patch policy an instance has: by what a policy targets, and by the tags that AWS gives to what it patches.

use crate::field::case::Case;
use muster_model::{filter::InstanceFilter, ports::Reports};
use muster_verify::{Extent, verify};
use serde_json::{Map, Value, json};

const ACCOUNT: &str = "100000000099";
const REGION: &str = "us-east-1";
const MARKUP: &str = "<script>alert(1)</script>";
/// Two instances of EC2 and a hybrid one.
const INSTANCES: [&str; 3] = ["i-0000000000000000a", "i-0000000000000000b", "mi-0000000000000000c"];

/// A configuration of the list, and its details.
fn policy(id: &str, deployed: &str, parameters: Value) -> (Value, Value) {
    let status = json!([{ "StatusType": "Deployment", "Status": "SUCCEEDED", "LastUpdatedAt": deployed }]);
    let listed = json!({
        "Id": id, "Type": "AWSQuickSetupType-PatchPolicy", "Account": ACCOUNT, "Region": REGION,
        "StatusSummaries": status,
    });
    let details = json!({ "Id": id, "Type": "AWSQuickSetupType-PatchPolicy", "Parameters": parameters });
    (listed, details)
}

fn answers(policies: &[(Value, Value)]) -> Value {
    let details =
        policies.iter().map(|(listed, details)| (listed["Id"].as_str().expect("an id").to_owned(), details.clone()));
    json!({
        "ListConfigurations": policies.iter().map(|(listed, _)| listed.clone()).collect::<Vec<_>>(),
        "GetConfiguration": Value::Object(details.collect::<Map<_, _>>()),
    })
}

/// A case whose instances have these tags, in an account with these policies.
fn case(tags: [&[(&str, &str)]; 3], policies: &[(Value, Value)]) -> Value {
    let instance = |id: &&str| {
        json!({
            "InstanceId": id, "PingStatus": "Online", "LastPingDateTime": "@-5m", "AgentVersion": "3.3.987.0",
            "PlatformType": "Linux", "PlatformName": "Ubuntu", "PlatformVersion": "22.04", "ComputerName": format!("host-{id}"),
            "ResourceType": if id.starts_with("mi-") { "ManagedInstance" } else { "EC2Instance" },
        })
    };
    let tags = INSTANCES.iter().zip(tags).map(|(id, tags)| {
        let tags = tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value }));
        ((*id).to_owned(), tags.collect())
    });
    let mut ssm = json!({
        "DescribeInstanceInformation": INSTANCES.iter().map(instance).collect::<Vec<_>>(),
        "GetInventory": { "AWS:Tag": Value::Object(tags.collect::<Map<_, _>>()) },
    });
    let of_policies = answers(policies);
    for (operation, answer) in of_policies.as_object().expect("operations") {
        ssm[operation] = answer.clone();
    }
    json!({ "roster": { "regions": [REGION] }, "accounts": { ACCOUNT: { "ssm": ssm } } })
}

async fn harvested(tags: [&[(&str, &str)]; 3], policies: &[(Value, Value)]) -> Case {
    let case = Case::of(case(tags, policies)).await;
    let round = case.harvest().await;
    assert_eq!((round.failed, round.partial), (0, 0), "{:?}", case.wire.requests());
    case
}

/// The policies of the instances, in their order.
async fn shown(case: &Case) -> [String; 3] {
    let rows = case.rows("/api/v1/instances").await;
    INSTANCES.map(|id| {
        let row = rows.iter().find(|row| row["instance_id"] == id).expect("a row");
        row["patch_policy"].as_str().expect("a text").to_owned()
    })
}

async fn assert_verified(case: &Case) {
    let verification = verify(&case.source(), Extent::WHOLE).await.expect("a verification");
    assert_eq!(verification.first, []);
}

const NO_TAGS: [&[(&str, &str)]; 3] = [&[], &[], &[]];

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_patches_what_it_targets_and_nothing_else() {
    let both = "i-0000000000000000a, mi-0000000000000000c";
    let tags: [&[(&str, &str)]; 3] = [&[("Stage", "prod")], &[("Stage", "prod ")], &[("stage", "prod")]];
    for (parameters, expected) in [
        (json!({ "TargetType": "*" }), ["p", "p", "p"]),
        (json!({ "TargetOrganizationalUnits": "ou-ab12-11111111" }), ["p", "p", "p"]),
        (json!({ "TargetType": "InstanceIds", "TargetInstances": both }), ["p", "", "p"]),
        (json!({ "TargetType": "Tags", "TargetTagKey": "Stage", "TargetTagValue": "prod" }), ["p", "", ""]),
        (json!({ "TargetType": "ResourceGroups", "ResourceGroupName": "web" }), ["", "", ""]),
        (json!({ "TargetType": "*", "TargetRegions": "eu-west-1,eu-west-2" }), ["", "", ""]),
        (json!({ "TargetType": "*", "TargetAccounts": "100000000001" }), ["", "", ""]),
        (
            json!({ "TargetType": "*", "TargetAccounts": ACCOUNT, "TargetRegions": "eu-west-1, us-east-1" }),
            ["p", "p", "p"],
        ),
    ] {
        let mut named = parameters.clone();
        named["PatchPolicyName"] = "p".into();
        let case = harvested(tags, &[policy("a", "2026-11-01T00:00:00Z", named)]).await;
        assert_eq!(shown(&case).await, expected, "{parameters}");
        assert_verified(&case).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tags_of_aws_name_policies_that_cannot_be_read() {
    let tags: [&[(&str, &str)]; 3] = [
        &[("QSConfigName-abcde", "org-wide")],
        &[("QSConfigName-abcde", " "), ("QSConfigId-abcde", "x")],
        &[("Patch Group", "late")],
    ];
    let mut refused = case(tags, &[]);
    refused["accounts"][ACCOUNT]["quick_setup_fault"][REGION] = json!({ "code": "AccessDeniedException", "message": "not authorized to perform: ssm-quicksetup:ListConfigurations" });
    let case = Case::of(refused).await;
    let round = case.harvest().await;
    assert_eq!((round.failed, round.partial), (0, 0), "without policies everything else is read");
    assert_eq!(shown(&case).await, ["org-wide", "", ""]);
    let page = case.page(&format!("/instances/{}", INSTANCES[0])).await;
    assert!(page.contains("Details not read") && page.contains("org-wide"), "{page}");
    let account = case.page(&format!("/accounts/{ACCOUNT}")).await;
    assert!(account.contains("org-wide"), "{account}");
    let row = case.row("/api/v1/harvest").await;
    let errors = row["errors"].as_array().expect("errors");
    let refused = errors.iter().any(|one| one["operation"] == "ListConfigurations" && one["class"] == "denied");
    assert!(refused && row["state"] == "fresh", "{row:#}");
    assert_verified(&case).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_called_absent_that_could_not_be_read() {
    let mut refused = case(NO_TAGS, &[]);
    let unread = "The last harvest could not read this";
    let case_of = async |case: Value| {
        let case = Case::of(case).await;
        case.harvest().await;
        case.page(&format!("/accounts/{ACCOUNT}")).await
    };
    let read = case_of(refused.clone()).await;
    assert!(read.contains("No patch policies") && !read.contains(unread), "{read}");
    refused["accounts"][ACCOUNT]["quick_setup_fault"][REGION] =
        json!({ "code": "AccessDeniedException", "message": "" });
    let refused = case_of(refused).await;
    assert!(!refused.contains("No patch policies") && refused.contains(unread), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn unchanged_policies_cost_one_call_and_changed_ones_their_details() {
    let parameters = |operation: &str| json!({ "PatchPolicyName": "p", "TargetType": "*", "ConfigurationOptionsPatchOperation": operation });
    let other = policy("b", "2026-11-01T00:00:00Z", json!({ "PatchPolicyName": "q", "TargetType": "*" }));
    let before = [policy("a", "2026-11-01T00:00:00Z", parameters("Scan")), other.clone()];
    let changed = [policy("a", "2026-11-02T00:00:00Z", parameters("ScanAndInstall")), other];
    let mut played = case(NO_TAGS, &before);
    played["accounts"][ACCOUNT]["day1"] = json!({ "DescribeInstancePatchStates": [] });
    played["accounts"][ACCOUNT]["day2"] = answers(&changed);
    played["accounts"][ACCOUNT]["day3"] = answers(&[]);
    let case = Case::of(played).await;
    let mut calls = Vec::new();
    let mut operations = Vec::new();
    loop {
        case.harvest().await;
        calls.push((case.wire.calls("ListConfigurations"), case.wire.calls("GetConfiguration")));
        let page = case.reports().account(ACCOUNT.parse().expect("an id")).await.expect("the account");
        operations.push(page.patch_policies.iter().map(|policy| policy.operation.clone()).collect::<Vec<_>>());
        if !case.next_round() {
            break;
        }
    }
    assert_eq!(calls, [(1, 2), (2, 2), (3, 3), (4, 3)]);
    let (scan, install) = ("Scan".to_owned(), "ScanAndInstall".to_owned());
    assert_eq!(
        operations,
        [vec![scan.clone(), scan.clone()], vec![scan.clone(), scan.clone()], vec![install, scan], vec![]]
    );
    assert_eq!(shown(&case).await, ["", "", ""]);
    assert_verified(&case).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_policies_is_asked_once() {
    let case = harvested(NO_TAGS, &[]).await;
    assert_eq!((case.wire.calls("ListConfigurations"), case.wire.calls("GetConfiguration")), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_vanishes_meanwhile_leaves_the_others() {
    let (listed, _) = policy("a", "2026-11-01T00:00:00Z", json!({}));
    let mut played = case(NO_TAGS, &[policy("b", "2026-11-01T00:00:00Z", json!({ "PatchPolicyName": "q" }))]);
    played["accounts"][ACCOUNT]["ssm"]["ListConfigurations"].as_array_mut().expect("a list").push(listed);
    let case = Case::of(played).await;
    case.harvest().await;
    assert_eq!(shown(&case).await, ["q", "q", "q"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_what_the_policy_does_and_that_it_overrules_the_group() {
    let parameters = json!({
        "PatchPolicyName": "weekend", "ConfigurationOptionsPatchOperation": "ScanAndInstall",
        "ConfigurationOptionsScanValue": "cron(0 1 * * ? *)", "ConfigurationOptionsScanNextInterval": "false",
        "ConfigurationOptionsInstallValue": "cron(0 2 ? * SAT *)", "ConfigurationOptionsInstallNextInterval": "true",
        "RebootOption": "NoReboot", "TargetType": "InstanceIds",
        "TargetInstances": format!("{},{}", INSTANCES[0], INSTANCES[1]),
        "SelectedPatchBaselines": json!({ "UBUNTU": { "value": "pb-0123456789abcdef0", "label": "ubuntu-strict" } }).to_string(),
    });
    let group = policy(
        "g",
        "2026-11-01T00:00:00Z",
        json!({ "PatchPolicyName": "grouped", "TargetType": "ResourceGroups", "ResourceGroupName": "tills" }),
    );
    let tags: [&[(&str, &str)]; 3] = [&[("Patch Group", "early")], &[], &[("Patch Group", "late")]];
    let case = harvested(tags, &[policy("a", "2026-11-01T00:00:00Z", parameters), group]).await;
    let page = case.page(&format!("/instances/{}", INSTANCES[0])).await;
    for text in [
        "weekend",
        "overruled by the patch policy",
        "Scan and install",
        "cron(0 1 * * ? *)",
        " UTC, first when deployed",
        "cron(0 2 ? * SAT *)",
        "Does not reboot",
        "UBUNTU: ubuntu-strict (pb-0123456789abcdef0)",
        "Resource group ",
        "Not known whether this instance is one",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let other = case.page(&format!("/instances/{}", INSTANCES[2])).await;
    assert!(!other.contains("weekend") && !other.contains("overruled") && other.contains("grouped"), "{other}");
    let list = case.page("/instances").await;
    assert!(list.contains("policy ") && list.contains("weekend"), "{list}");
    let csv = case.page("/export/instances.csv").await;
    assert!(csv.lines().next().is_some_and(|head| head.contains("patch_policy")), "{csv}");
    let account = case.page(&format!("/accounts/{ACCOUNT}")).await;
    assert!(
        account.contains("grouped") && account.contains("tills") && account.contains("2 instances by id"),
        "{account}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_texts_of_a_policy_are_text() {
    let hostile =
        [MARKUP, "=1+1", "a\u{202e}b", "'; DROP TABLE patch_policy; --", "a, b", "\u{200b}", "x\nQSConfigName-y"];
    for name in hostile {
        let parameters = json!({
            "PatchPolicyName": name, "TargetType": "*", "ConfigurationOptionsPatchOperation": MARKUP,
            "ConfigurationOptionsScanValue": MARKUP, "RebootOption": MARKUP, "SelectedPatchBaselines": MARKUP,
        });
        let case = harvested(NO_TAGS, &[policy("a", "2026-11-01T00:00:00Z", parameters)]).await;
        for path in ["/instances".to_owned(), format!("/instances/{}", INSTANCES[0]), format!("/accounts/{ACCOUNT}")] {
            let page = case.page(&path).await;
            assert!(!page.contains(MARKUP) && !page.contains('\u{202e}'), "{name}: {page}");
        }
        let csv = case.page("/export/instances.csv").await;
        assert!(!csv.contains(",=1+1"), "{csv}");
        let rows = case.reports().instances(InstanceFilter::default()).await.expect("the list").rows;
        assert!(rows.iter().all(|row| !row.patch_policy.trim().is_empty()), "{name}: {rows:?}");
        assert_verified(&case).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_past_day_has_its_own_policy() {
    let mut played = case(NO_TAGS, &[policy("a", "2026-11-01T00:00:00Z", json!({ "PatchPolicyName": "p" }))]);
    played["accounts"][ACCOUNT]["day1"] =
        answers(&[policy("b", "2026-11-02T00:00:00Z", json!({ "PatchPolicyName": "q" }))]);
    let case = Case::of(played).await;
    case.harvest().await;
    let before = case.wire.now().strftime("%Y-%m-%d").to_string();
    assert!(case.next_round());
    case.harvest().await;
    assert_eq!(shown(&case).await, ["q", "q", "q"]);
    let past = case.rows(&format!("/api/v1/instances?as_of={before}")).await;
    assert!(past.iter().all(|row| row["patch_policy"] == "p"), "{past:?}");
}
