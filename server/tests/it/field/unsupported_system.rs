//! An operating system that Patch Manager does not support is named as the reason for no data.

use crate::field::case::{Case, read};
use serde_json::json;

async fn page_with(code: i64, output: &str) -> String {
    let mut played = read("other-patch-documents");
    let ssm = &mut played["accounts"]["100000000013"]["ssm"];
    ssm["DescribeInstancePatchStates"] = json!([]);
    ssm["DescribeInstancePatches"] = json!({});
    for node in ssm["DescribeInstanceInformation"].as_array_mut().expect("nodes") {
        (node["PlatformName"], node["PlatformVersion"]) = (json!("Debian GNU/Linux"), json!("13"));
    }
    let plugin = &mut ssm["ListCommandInvocations"][1]["CommandPlugins"][0];
    (plugin["ResponseCode"], plugin["Output"]) = (json!(code), json!(output));
    let case = Case::of(played).await;
    case.harvest().await;
    let row = case.row("/api/v1/instances?q=by-hooks").await;
    assert_eq!(row["patch_status"], "no_data");
    case.page("/instances/i-0f1e1d13020000000").await
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_code_146_is_the_reason_for_no_data() {
    let page = page_with(146, "").await;
    assert!(page.contains("Patch Manager does not support Debian GNU/Linux 13"), "{page}");
    let page = page_with(1, "").await;
    assert!(!page.contains("Patch Manager does not support Debian"), "{page}");
}
