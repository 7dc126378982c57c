//! An instance contradicts the result of its latest Install run only by a patch operation that ended after the run.

use super::case::Case;
use crate::verify::verification::change;
use muster_model::{
    filter::{OfInstance, RunResultsFilter, Window},
    ids::InstanceId,
    ports::Reports,
    run::RunContradiction,
};
use muster_verify::{Extent, verify};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const COMMAND: &str = "0f1e1d16-0000-4000-8000-000000000001";
const ACCOUNT: &str = "100000000016";
/// The patch operations before the last one, whose results differ so that each is kept.
const EARLIER: [&str; 3] = ["2026-11-17T10:00:00Z", "2026-11-18T10:00:00Z", "2026-11-19T10:00:00Z"];
/// The place of the last one.
const LAST: usize = EARLIER.len();

/// What the last patch operation leaves.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Left {
    Nothing,
    /// An update that was missing before the run, too.
    OldUpdate,
    NewUpdate,
    Reboot,
}

#[derive(Clone, Copy, Debug)]
struct Situation {
    /// When the last patch operation ended; the run finished at noon.
    end: &'static str,
    status: &'static str,
    left: Left,
    /// The baselines of the patch operations.
    baselines: &'static str,
}

impl Situation {
    fn all() -> Vec<Self> {
        let ends = ["11:59:59", "12:00:00", "12:00:01"];
        let mut all = Vec::new();
        for end in ends {
            for status in ["Failed", "Success", "InProgress"] {
                for left in [Left::Nothing, Left::OldUpdate, Left::NewUpdate, Left::Reboot] {
                    all.extend(["aabb", "aaba", "abab", "abac"].map(|baselines| Self { end, status, left, baselines }));
                }
            }
        }
        all
    }

    fn contradiction(self) -> Option<RunContradiction> {
        if self.end <= "12:00:00" {
            return None;
        }
        match (self.status, self.left) {
            ("InProgress", _) => None,
            ("Failed", Left::Nothing | Left::Reboot) => Some(RunContradiction::FailedButPatched),
            ("Success", Left::OldUpdate) => Some(RunContradiction::SucceededButPending),
            ("Success", Left::Reboot) => Some(RunContradiction::RebootNotDone),
            _ if self.baselines == "abab" => Some(RunContradiction::BaselinesAlternate),
            _ => None,
        }
    }

    /// The state of the update after one of the patch operations.
    fn state(self, operation: usize) -> &'static str {
        match (self.left, operation) {
            (Left::OldUpdate, _) | (Left::NewUpdate, LAST) => "Missing",
            (Left::Reboot, LAST) => "InstalledPendingReboot",
            _ => "Installed",
        }
    }
}

fn id(number: usize) -> String {
    format!("i-0f1e1d16{number:09x}")
}

fn patch(name: &str, state: &str) -> Value {
    json!({"Title": format!("{name}:1:3.2.2-1.amzn2023"), "KBId": name, "Classification": "Security",
        "Severity": "Critical", "State": state, "InstalledTime": 0.0})
}

/// What describes the instances after one of the patch operations.
fn answers(situations: &[Situation], operation: usize) -> Value {
    let (mut nodes, mut states, mut patches) = (vec![], vec![], Map::new());
    for (number, situation) in situations.iter().enumerate() {
        let id = id(number);
        nodes.push(json!({"InstanceId": id, "PingStatus": "Online", "LastPingDateTime": "@-3m",
            "AgentVersion": "3.3.4624.0", "IsLatestVersion": true, "PlatformType": "Linux",
            "PlatformName": "Amazon Linux", "PlatformVersion": "2023", "ResourceType": "EC2Instance",
            "ComputerName": format!("host-{number}")}));
        let end = match EARLIER.get(operation) {
            Some(end) => format!("@{end}"),
            None => format!("@2026-11-20T{}Z", situation.end),
        };
        let baseline = situation.baselines.as_bytes()[operation] as char;
        let state = situation.state(operation);
        states.push(json!({"InstanceId": id, "PatchGroup": "", "Operation": "Scan",
            "BaselineId": format!("pb-0{}", String::from(baseline).repeat(16)),
            "SnapshotId": format!("11111111-1111-4111-8111-11111111111{operation}"),
            "InstalledCount": u8::from(state == "Installed"), "MissingCount": u8::from(state == "Missing"),
            "InstalledPendingRebootCount": u8::from(state == "InstalledPendingReboot"), "FailedCount": 0,
            "InstalledOtherCount": 1,
            "OperationStartTime": "@2026-11-17T09:00:00Z", "OperationEndTime": end}));
        let other = if operation % 2 == 1 { "NotApplicable" } else { "InstalledOther" };
        patches.insert(id, json!([patch("openssl.x86_64", state), patch("bash.x86_64", other)]));
    }
    json!({"DescribeInstanceInformation": nodes, "DescribeInstancePatchStates": states,
        "DescribeInstancePatches": patches})
}

fn case_of(situations: &[Situation]) -> Value {
    let result = |(number, situation): (usize, &Situation)| {
        json!({"CommandId": COMMAND, "InstanceId": id(number), "DocumentName": "AWS-RunPatchBaseline",
            "RequestedDateTime": "@2026-11-20T11:00:00Z", "Status": situation.status,
            "StatusDetails": situation.status,
            "CommandPlugins": [{"Name": "PatchLinux", "Status": situation.status, "ResponseCode": 1,
                "ResponseStartDateTime": "@2026-11-20T11:01:00Z", "ResponseFinishDateTime": "@2026-11-20T12:00:00Z"}]})
    };
    let run = json!({"CommandId": COMMAND, "DocumentName": "AWS-RunPatchBaseline", "Status": "Failed",
        "Parameters": {"Operation": ["Install"]}, "RequestedDateTime": "@2026-11-20T11:00:00Z",
        "StatusDetails": "Failed", "TargetCount": situations.len(), "CompletedCount": situations.len(),
        "ErrorCount": 1});
    let mut last = answers(situations, LAST);
    last["ListCommands"] = json!([run]);
    last["ListCommandInvocations"] = situations.iter().enumerate().map(result).collect();
    json!({"roster": {"regions": ["us-east-1"]}, "accounts": {ACCOUNT: {
        "ssm": answers(situations, 0), "day1": answers(situations, 1), "day2": answers(situations, 2), "day3": last,
    }}})
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_later_patch_operation_contradicts_a_run() {
    let situations = Situation::all();
    let case = Case::of(case_of(&situations)).await;
    case.harvest().await;
    while case.next_round() {
        case.harvest().await;
    }
    let reports = case.reports();
    let mut counts: BTreeMap<RunContradiction, u64> = BTreeMap::new();
    let all = RunResultsFilter { window: Window { offset: 0, limit: 500 }, ..RunResultsFilter::default() };
    let results = reports.run_results(all).await.expect("results").rows;
    assert_eq!(results.len(), situations.len());
    let result_of = |id: &str| results.iter().find(|result| result.instance_id.as_str() == id).expect("a result");
    for (number, situation) in situations.iter().enumerate() {
        let (run, expected) = (result_of(&id(number)), situation.contradiction());
        assert_eq!(run.contradiction, expected, "{situation:?}: {run:#?}");
        expected.into_iter().for_each(|contradiction| *counts.entry(contradiction).or_default() += 1);
        if number % 17 == 0 {
            let instance: InstanceId = id(number).parse().expect("an id");
            assert_eq!(
                reports.runs(OfInstance::all(instance)).await.expect("runs").rows.as_slice(),
                std::slice::from_ref(run)
            );
        }
    }
    for contradiction in RunContradiction::ALL {
        let (count, label) = (counts[&contradiction], contradiction.label());
        let path = format!("/api/v1/run_results?contradiction={}", contradiction.code());
        assert_eq!(case.json(&path).await["total"], count, "{label}");
        let first = situations.iter().position(|situation| situation.contradiction() == Some(contradiction));
        let page = case.page(&format!("/instances/{}?tab=runs", id(first.expect("one")))).await;
        assert!(page.contains(label) && page.contains(contradiction.remedy()), "{label}");
        let list = case.page(&format!("/runs/results?contradiction={}", contradiction.code())).await;
        assert!(list.contains("by the patch operation of"), "{label}");
    }
    let page = case.page("/runs").await;
    assert!(RunContradiction::ALL.iter().all(|contradiction| page.contains(contradiction.label())));
    let source = case.source();
    let verified = async || verify(&source, Extent::WHOLE).await.expect("a verification").first;
    assert_eq!(verified().await, []);

    // A list that lacks a missing update would call the failed run wrong, as would one with a later scan.
    for planted in ["missing = 0", "operation_end_at = TIMESTAMP '2026-11-20 13:00:00', missing = 0"] {
        let sql = format!("UPDATE listed_instance SET {planted} WHERE run_status = 'Failed'");
        change(&source.store, sql).await;
        let found = verified().await;
        assert!(found.iter().any(|mismatch| mismatch.what == "contradiction"), "{planted}: {found:#?}");
        change(&source.store, "UPDATE instance SET gone_at = gone_at".to_owned()).await;
    }
}
