//! A run that failed contradicts the state of an instance only if a patch operation ended after the run and reported no
//! pending update.

use super::case::Case;
use crate::verify::verification::change;
use muster_model::{filter::HistoryFilter, ids::InstanceId, ports::Reports};
use muster_verify::{Extent, verify};
use serde_json::{Value, json};

const COMMAND: &str = "0f1e1d16-0000-4000-8000-000000000001";
const TEXT: &str = "Contradicts patch state";

/// When the last patch operation ended (the run finished at noon), the result of the run, and whether an update is
/// missing.
type Situation = (Option<&'static str>, &'static str, bool);

fn situations() -> Vec<Situation> {
    let ends = [None, Some("10:00:00"), Some("11:59:59"), Some("12:00:00"), Some("12:00:01"), Some("14:00:00")];
    let with_status = |end| ["Failed", "Success", "InProgress"].map(|status| (end, status));
    ends.into_iter()
        .flat_map(with_status)
        .flat_map(|(end, status)| [true, false].map(|is_missing| (end, status, is_missing)))
        .collect()
}

fn contradicts((end, status, is_missing): Situation) -> bool {
    status == "Failed" && !is_missing && end.is_some_and(|end| end > "12:00:00")
}

fn id(number: usize) -> String {
    format!("i-0f1e1d16{number:09x}")
}

fn case_of(situations: &[Situation]) -> Value {
    let (mut nodes, mut states, mut patches, mut results) = (vec![], vec![], serde_json::Map::new(), vec![]);
    for (number, (end, status, is_missing)) in situations.iter().enumerate() {
        let id = id(number);
        nodes.push(json!({"InstanceId": id, "PingStatus": "Online", "LastPingDateTime": "@-3m",
            "AgentVersion": "3.3.4624.0", "IsLatestVersion": true, "PlatformType": "Linux",
            "PlatformName": "Amazon Linux", "PlatformVersion": "2023", "ResourceType": "EC2Instance",
            "ComputerName": format!("host-{number}")}));
        if let Some(end) = end {
            states.push(json!({"InstanceId": id, "PatchGroup": "", "BaselineId": "pb-0aaaaaaaaaaaaaaaa",
                "SnapshotId": "11111111-1111-4111-8111-111111111111", "InstalledCount": 1,
                "MissingCount": u8::from(*is_missing), "FailedCount": 0,
                "OperationStartTime": "@2026-11-20T09:00:00Z", "OperationEndTime": format!("@2026-11-20T{end}Z"),
                "Operation": "Scan"}));
            let state = if *is_missing { "Missing" } else { "Installed" };
            patches.insert(
                id.clone(),
                json!([{"Title": "openssl.x86_64:1:3.2.2-1.amzn2023", "KBId": "openssl.x86_64",
                "Classification": "Security", "Severity": "Critical", "State": state, "InstalledTime": 0.0}]),
            );
        }
        let is_finished = *status != "InProgress";
        let finished_at = if is_finished { json!("@2026-11-20T12:00:00Z") } else { Value::Null };
        results.push(json!({"CommandId": COMMAND, "InstanceId": id, "DocumentName": "AWS-RunPatchBaseline",
            "RequestedDateTime": "@2026-11-20T11:00:00Z", "Status": status, "StatusDetails": status,
            "CommandPlugins": [{"Name": "PatchLinux", "Status": status, "ResponseCode": 1,
                "ResponseStartDateTime": "@2026-11-20T11:01:00Z", "ResponseFinishDateTime": finished_at}]}));
    }
    let run = json!({"CommandId": COMMAND, "DocumentName": "AWS-RunPatchBaseline", "Status": "Failed",
        "Parameters": {"Operation": ["Install"]}, "RequestedDateTime": "@2026-11-20T11:00:00Z",
        "StatusDetails": "Failed", "TargetCount": situations.len(), "CompletedCount": situations.len(),
        "ErrorCount": 1});
    json!({"roster": {"regions": ["us-east-1"]}, "accounts": {"100000000016": {"ssm": {
        "DescribeInstanceInformation": nodes, "DescribeInstancePatchStates": states, "DescribeInstancePatches": patches,
        "ListCommands": [run], "ListCommandInvocations": results,
    }}}})
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_later_patch_operation_without_pending_updates_contradicts_a_failed_run() {
    let situations = situations();
    let case = Case::of(case_of(&situations)).await;
    case.harvest().await;
    let reports = case.reports();
    for (number, situation) in situations.iter().enumerate() {
        let instance: InstanceId = id(number).parse().expect("an id");
        let runs = reports.runs(HistoryFilter::of(instance)).await.expect("runs").rows;
        let [run] = runs.as_slice() else { panic!("one run, not {runs:#?}") };
        assert_eq!(run.contradicts_state, contradicts(*situation), "{situation:?}: {run:#?}");
        let page = case.page(&format!("/instances/{}?tab=runs", id(number))).await;
        assert_eq!(page.contains(TEXT), contradicts(*situation), "{situation:?}");
    }
    assert!(situations.iter().any(|situation| contradicts(*situation)));
    let source = case.source();
    let verified = async || verify(&source, Extent::WHOLE).await.expect("a verification").first;
    assert_eq!(verified().await, []);

    // A list that lacks a missing update would call the failed run wrong, as would one with a later scan.
    for planted in ["missing = 0", "operation_end_at = TIMESTAMP '2026-11-20 13:00:00', missing = 0"] {
        let sql = format!("UPDATE listed_instance SET {planted} WHERE run_status = 'Failed'");
        change(&source.store, sql).await;
        let found = verified().await;
        assert!(found.iter().any(|mismatch| mismatch.what == "contradicts_state"), "{planted}: {found:#?}");
        change(&source.store, "UPDATE instance SET gone_at = gone_at".to_owned()).await;
    }
}
