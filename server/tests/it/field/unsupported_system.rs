//! An operating system that Patch Manager does not support is a status of its own, with its reason.

use crate::{
    field::case::{Case, read},
    verify::verification::change,
};
use muster_verify::{Extent, verify};
use serde_json::{Value, json};

const INSTANCE: &str = "i-0f1e1d13020000000";
const REASON: &str = "Patch Manager does not support Debian GNU/Linux 13";

/// The exit code, what the step printed, and when the last patch operation ended (the run was requested at 03:00).
type Situation = (i64, &'static str, Option<&'static str>);

fn situations() -> Vec<Situation> {
    let codes = [-1, 0, 1, 146];
    let outputs = ["", "Unable to patch: UnsupportedOperatingSystem (debian)", "unsupported operating system"];
    let ends = [None, Some("02:59:59"), Some("03:30:00")];
    let with_output = |code| outputs.map(|output| (code, output));
    codes.into_iter().flat_map(with_output).flat_map(|(code, output)| ends.map(|end| (code, output, end))).collect()
}

fn is_unsupported((code, output, end): Situation) -> bool {
    let says_so = code == 146 || output.contains("UnsupportedOperatingSystem");
    says_so && end != Some("03:30:00")
}

fn case_of((code, output, end): Situation) -> Value {
    let mut played = read("other-patch-documents");
    let ssm = &mut played["accounts"]["100000000013"]["ssm"];
    ssm["DescribeInstancePatches"] = json!({});
    ssm["DescribeInstancePatchStates"] = match end {
        None => json!([]),
        Some(end) => json!([{"InstanceId": INSTANCE, "PatchGroup": "", "BaselineId": "pb-0aaaaaaaaaaaaaaaa",
            "InstalledCount": 0, "MissingCount": 0, "FailedCount": 0, "Operation": "Scan",
            "OperationStartTime": "@2026-11-20T01:00:00Z", "OperationEndTime": format!("@2026-11-20T{end}Z")}]),
    };
    for node in ssm["DescribeInstanceInformation"].as_array_mut().expect("nodes") {
        (node["PlatformName"], node["PlatformVersion"]) = (json!("Debian GNU/Linux"), json!("13"));
    }
    let results = ssm["ListCommandInvocations"].as_array_mut().expect("results");
    let result = results.iter_mut().find(|one| one["InstanceId"] == INSTANCE).expect("a result");
    (result["Status"], result["StatusDetails"]) = (json!("Failed"), json!("Failed"));
    result["RequestedDateTime"] = json!("@2026-11-20T03:00:00Z");
    let plugin = &mut result["CommandPlugins"][0];
    (plugin["Status"], plugin["Output"], plugin["ResponseCode"]) = (json!("Failed"), json!(output), json!(code));
    played
}

#[tokio::test(flavor = "multi_thread")]
async fn the_latest_result_and_scan_decide_and_figure_list_and_page_agree() {
    for situation in situations() {
        let case = Case::of(case_of(situation)).await;
        case.harvest().await;
        let expected = is_unsupported(situation);
        let rows = case.rows("/api/v1/instances?status=unsupported").await;
        let found: Vec<_> = rows.iter().filter_map(|row| row["instance_id"].as_str()).collect();
        assert_eq!(found, if expected { vec![INSTANCE] } else { vec![] }, "{situation:?}");
        let account = case.row("/api/v1/accounts").await;
        assert_eq!(account["status"]["unsupported"], u64::from(expected), "{situation:?}");
        assert_eq!(case.page(&format!("/instances/{INSTANCE}")).await.contains(REASON), expected, "{situation:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_verification_notices_an_unsupported_system_that_is_not_called_so() {
    let case = Case::of(case_of((146, "", None))).await;
    case.harvest().await;
    let source = case.source();
    let verified = async || verify(&source, Extent::WHOLE).await.expect("a verification").first;
    assert_eq!(verified().await, []);
    for planted in [
        "UPDATE listed_instance SET unsupported_at = NULL",
        "UPDATE listed_instance SET unsupported_at = TIMESTAMP '2026-11-20 03:00:00'",
    ] {
        change(&source.store, planted.to_owned()).await;
        let found = verified().await;
        assert!(found.iter().any(|mismatch| mismatch.what == "patch_status"), "{planted}: {found:#?}");
        let mend = "UPDATE listed_instance l SET unsupported_at = (
            SELECT unsupported_at FROM unsupported_system u WHERE u.instance_key = l.instance_key)";
        change(&source.store, mend.to_owned()).await;
        assert_eq!(verified().await, []);
    }
}
