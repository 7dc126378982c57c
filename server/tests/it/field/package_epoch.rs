//! No member of an answer that changes a meaning is dropped: the epoch of a package.

use crate::field::case::{Case, read};
use serde_json::json;

async fn versions(case: &Case) -> Vec<(String, String)> {
    let rows = case.rows("/api/v1/instances/i-0f1e1d17010000000/software").await;
    let text = |row: &serde_json::Value, key: &str| row[key].as_str().expect("text").to_owned();
    rows.iter().map(|row| (text(row, "name"), text(row, "version"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_of_rpm_packages_have_their_epoch() {
    let case = Case::harvested("package-epoch").await;
    let expected =
        [("httpd", "2.4.62-13.el9_8.1"), ("tomcat", "1:9.0.117-2.el9_8"), ("vim-enhanced", "2:8.2.2637-21.el9_1")];
    assert_eq!(versions(&case).await, expected.map(|(name, version)| (name.to_owned(), version.to_owned())));
}

/// Whatever a package manager reports, the epoch stands in the version once and only if it counts.
#[tokio::test(flavor = "multi_thread")]
async fn an_epoch_is_shown_once_in_whatever_form_it_is_reported() {
    let mut played = read("package-epoch");
    let content = &mut played["accounts"]["100000000017"]["ssm"]["GetInventory"]["AWS:Application"];
    let package = |name: &str, version: &str, epoch: Option<&str>, release: Option<&str>| {
        let mut row = json!({ "Name": name, "Version": version });
        epoch.into_iter().for_each(|epoch| row["Epoch"] = json!(epoch));
        release.into_iter().for_each(|release| row["Release"] = json!(release));
        row
    };
    content["i-0f1e1d17010000000"] = json!([
        package("a-debian", "1:9.2p1-2+deb12u5", None, None),
        package("b-debian", "1:9.2p1-2+deb12u5", Some("1"), Some("")),
        package("c-rpm", "5.14.0", Some("(none)"), Some("1.el9")),
        package("d-rpm", "5.14.0", Some("32"), Some("1.el9")),
        package("e-windows", "10.0.1", None, None),
    ]);
    let case = Case::of(played).await;
    case.harvest().await;
    let found: Vec<String> = versions(&case).await.into_iter().map(|(_, version)| version).collect();
    assert_eq!(found, ["1:9.2p1-2+deb12u5", "1:9.2p1-2+deb12u5", "5.14.0-1.el9", "32:5.14.0-1.el9", "10.0.1"]);
}
