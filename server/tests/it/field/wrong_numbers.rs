//! Wrong numbers that another portal of this kind once showed, and the tests that would find them here. Those that
//! stand elsewhere:
//!
//! | wrong number | test |
//! |---|---|
//! | a percentage rounded up to 100 | `success_is_never_rounded_up`, `nearly_all_is_not_all_and_nearly_none_is_not_none` |
//! | a headline with the size of the fleet | `attention_lines_equal_their_linked_rows`, `each_figure_equals_its_linked_rows` |
//! | a chart by the label of a severity | `severity_bands_in_sql_are_those_of_the_model`, `the_package_manager_decides_and_not_the_name` |
//! | a filter that the server ignores | `unknown_ids_and_parameters_get_the_error_envelope`, `unknown_ids_and_parameters_get_an_error_page_with_links` |
//! | rows of the former user in a cache | `no_route_outside_embed_can_be_framed_sniffed_or_cached` |
//! | paging in a circle | `a_cycle_of_tokens_is_an_error`, `the_pages_of_a_list_hold_every_row_once` |

use crate::field::case::Case;
use serde_json::{Value, json};

fn node(id: &str, ping: &str) -> Value {
    json!({
        "InstanceId": id, "PingStatus": ping, "LastPingDateTime": "@-9h", "AgentVersion": "3.3.4624.0", "IsLatestVersion": true,
        "PlatformType": "Linux", "PlatformName": "SLES", "PlatformVersion": "15.5", "ResourceType": "EC2Instance",
        "ComputerName": id, "SourceId": id, "SourceType": "AWS::EC2::Instance",
    })
}

fn scan(id: &str, missing: usize) -> Value {
    json!({
        "InstanceId": id, "PatchGroup": "", "BaselineId": "pb-0aaaaaaaaaaaaaaaa", "Operation": "Scan", "MissingCount": missing,
        "SnapshotId": "11111111-1111-4111-8111-111111111111", "OperationStartTime": "@-3h", "OperationEndTime": "@-2h",
    })
}

fn patch(name: &str, state: &str) -> Value {
    json!({
        "Title": format!("{name}.x86_64:0:1.0-1"), "KBId": format!("{name}.x86_64"), "Classification": "Security",
        "Severity": "Critical", "State": state, "InstalledTime": 0.0,
    })
}

const ONLINE: &str = "i-0f1e1d91010000000";
const OFFLINE: &str = "i-0f1e1d91020000000";
const NEVER: &str = "i-0f1e1d91030000000";

fn result(command: &str, at: Option<&str>, status: &str) -> [Value; 2] {
    let mut run = json!({
        "CommandId": command, "DocumentName": "AWS-RunPatchBaseline", "Parameters": { "Operation": ["Install"] },
        "Status": status, "StatusDetails": status, "TargetCount": 1, "CompletedCount": 1, "ErrorCount": 0,
    });
    let mut result = json!({
        "CommandId": command, "InstanceId": ONLINE, "DocumentName": "AWS-RunPatchBaseline", "Status": status,
        "StatusDetails": status, "CommandPlugins": [],
    });
    if let Some(at) = at {
        run["RequestedDateTime"] = at.into();
        result["RequestedDateTime"] = at.into();
    }
    [run, result]
}

async fn harvested() -> Case {
    let runs = [
        result("00000000-0000-4000-8000-000000000911", Some("@-50h"), "Failed"),
        result("00000000-0000-4000-8000-000000000912", Some("@-26h"), "Success"),
        result("00000000-0000-4000-8000-000000000913", None, "Failed"),
    ];
    let ssm = json!({
        "DescribeInstanceInformation": [node(ONLINE, "Online"), node(OFFLINE, "ConnectionLost"), node(NEVER, "Inactive")],
        "DescribeInstancePatchStates": [scan(ONLINE, 0), scan(OFFLINE, 2)],
        "DescribeInstancePatches": {
            ONLINE: [patch("a", "Installed"), patch("b", ""), patch("c", "Snoozed"), patch("d", "NotApplicable")],
            OFFLINE: [patch("a", "Missing"), patch("b", "Missing")],
        },
        "ListCommands": runs.clone().map(|[run, _]| run),
        "ListCommandInvocations": runs.map(|[_, result]| result),
    });
    let case = json!({ "roster": { "regions": ["us-east-1"] }, "accounts": { "100000000091": { "ssm": ssm } } });
    let case = Case::of(case).await;
    let round = case.harvest().await;
    assert_eq!(round.failed, 0);
    case
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_that_are_offline_count_in_the_total_and_in_the_backlog() {
    let case = harvested().await;
    let account = case.row("/api/v1/accounts").await;
    let figures = ["instances", "online_instances", "pending_os_updates", "instances_pending_os_updates"];
    assert_eq!(figures.map(|figure| account[figure].as_u64()), [3, 1, 2, 1].map(Some), "{account:#}");
    assert_eq!(case.row("/api/v1/instances?pending=true").await["instance_id"], OFFLINE);
    let mut by_status = 0;
    for status in muster_model::patch_status::PatchStatus::ALL {
        by_status += case.rows(&format!("/api/v1/instances?status={}", status.code())).await.len();
    }
    assert_eq!(by_status, 3, "every instance has one status");
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_without_a_known_state_are_in_every_sum() {
    let case = harvested().await;
    assert_eq!(case.json(&format!("/api/v1/updates?instance={ONLINE}")).await["total"], 4);
    assert_eq!(case.json("/api/v1/updates").await["total"], 6);
    let page = case.json(&format!("/api/v1/instances/{ONLINE}")).await;
    let states = page["states"].as_array().expect("states");
    assert_eq!(states.iter().filter_map(|state| state["updates"].as_u64()).sum::<u64>(), 4, "{states:#?}");
    let file = case.page("/export/updates.csv").await;
    assert_eq!(file.lines().count(), 1 + 6, "{file}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_without_a_time_is_not_the_latest() {
    let case = harvested().await;
    let account = case.row("/api/v1/accounts").await;
    assert_eq!((&account["runs_succeeded"], &account["runs_total"]), (&1.into(), &1.into()), "{account:#}");
    assert_eq!(case.rows("/api/v1/instances?run=failed").await.len(), 0);
    assert_eq!(case.row("/api/v1/instances?run=succeeded").await["instance_id"], ONLINE);
}

/// A list's file: the same rows as the list, under the names of its JSON.
#[tokio::test(flavor = "multi_thread")]
async fn files_have_the_rows_and_names_of_their_list() {
    let case = harvested().await;
    let first_updates = format!("updates?instance={ONLINE}&severity=critical&sort=name");
    for list in
        ["accounts?provider=aws", "instances?online=false&sort=name", first_updates.as_str(), "updates?state=Missing"]
    {
        let (path, query) = list.split_once('?').expect("a query");
        let rows = case.rows(&format!("/api/v1/{list}")).await;
        assert!(!rows.is_empty(), "{list}");
        let file = case.page(&format!("/export/{path}.csv?{query}")).await;
        let mut lines = file.lines();
        let header: Vec<_> = lines.next().expect("a header").trim_start_matches('\u{feff}').split(',').collect();
        assert!(header.iter().all(|name| rows[0].get(*name).is_some()), "{list}: {header:?}");
        assert_eq!(lines.count(), rows.len(), "{list}");
    }
}

/// What a page shows and what its links to files lead to is one query.
#[tokio::test(flavor = "multi_thread")]
async fn pages_link_to_the_file_of_what_they_show() {
    let case = harvested().await;
    for (page, file) in [
        ("/instances?online=false&sort=name", "/export/instances.csv?online=false&amp;sort=name"),
        ("/updates/list?state=Missing&severity=critical", "/export/updates.csv?state=Missing&amp;severity=critical"),
        (
            &format!("/instances/{ONLINE}?state=Installed"),
            &format!("/export/updates.csv?instance={ONLINE}&amp;state=Installed"),
        ),
    ] {
        let html = case.page(page).await;
        assert!(html.contains(file), "{page} has no link to {file}: {html}");
    }
}
