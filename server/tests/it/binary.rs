//! The binary as its user runs it: what it refuses, what it says, and how it ends.

use muster_simulator::{Estate, EstateSpec, Simulator};
use std::{
    path::Path,
    process::{Command, Output},
};
use tokio::net::TcpListener;

pub fn muster(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_muster"))
        .current_dir(folder)
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_REGION", "us-east-1")
        .envs(environment.iter().copied())
        .output()
        .expect("the binary runs")
}

fn refused(output: &Output, words: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{text}");
    for word in words {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
}

/// A folder with a roster of the small estate and a configuration.
pub fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let estate = Estate::new(&EstateSpec::named("small").expect("the small estate"));
    let roster = muster_server::command::simulate::roster_toml(&estate.roster()).expect("a roster");
    std::fs::write(folder.path().join("roster.toml"), roster).expect("written");
    std::fs::write(folder.path().join("muster.toml"), "store = \"muster.duckdb\"\n").expect("written");
    folder
}

const HARVEST: [&str; 3] = ["harvest", "--config", "muster.toml"];

#[test]
fn a_misspelt_key_is_named_with_its_file() {
    let folder = folder();
    std::fs::write(folder.path().join("muster.toml"), "stor = \"x\"\n").expect("written");
    refused(&muster(folder.path(), &HARVEST, &[]), &["muster.toml", "stor"]);
}

#[test]
fn a_missing_file_is_named() {
    let folder = folder();
    refused(&muster(folder.path(), &["harvest", "--config", "other.toml"], &[]), &["other.toml"]);
    std::fs::remove_file(folder.path().join("roster.toml")).expect("removed");
    refused(&muster(folder.path(), &HARVEST, &[]), &["roster.toml"]);
}

#[test]
fn a_store_that_cannot_be_written_is_named() {
    let folder = folder();
    refused(&muster(folder.path(), &HARVEST, &[("MUSTER_STORE", "nowhere/muster.duckdb")]), &["nowhere/muster.duckdb"]);
}

#[test]
fn a_store_in_use_is_said_so() {
    let folder = folder();
    let _held = duckdb::Connection::open(folder.path().join("muster.duckdb")).expect("a store");
    refused(&muster(folder.path(), &HARVEST, &[]), &["muster.duckdb", "in use"]);
}

#[test]
fn a_newer_store_is_refused_and_left_alone() {
    let folder = folder();
    let path = folder.path().join("muster.duckdb");
    let newer = "CREATE TABLE schema_version (version BIGINT NOT NULL); INSERT INTO schema_version VALUES (4711)";
    duckdb::Connection::open(&path).expect("a store").execute_batch(newer).expect("a newer store");
    refused(&muster(folder.path(), &HARVEST, &[]), &["muster.duckdb", "4711", "newer"]);
}

#[test]
fn missing_credentials_are_told_for_every_account() {
    let folder = folder();
    let output = muster(folder.path(), &HARVEST, &[]);
    refused(&output, &["failed"]);
    let lines = String::from_utf8_lossy(&output.stdout);
    assert!(lines.lines().count() >= 3, "{lines}");
    for line in lines.lines() {
        let report: serde_json::Value = serde_json::from_str(line).expect("a JSON line");
        assert_eq!(report["outcome"], "failed");
        assert_eq!(report["errors"][0]["class"], "credentials", "{line}");
    }
}

#[test]
fn an_endpoint_that_is_not_there_is_a_network_error() {
    let folder = folder();
    let environment = [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    let output = muster(folder.path(), &HARVEST, &environment);
    refused(&output, &["failed"]);
    let lines = String::from_utf8_lossy(&output.stdout);
    let report: serde_json::Value = serde_json::from_str(lines.lines().next().expect("a line")).expect("JSON");
    assert_eq!(report["errors"][0]["class"], "network", "{lines}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_harvest_by_the_environments_endpoint_works_and_exports() {
    let folder = folder();
    let estate = Estate::new(&EstateSpec::named("small").expect("the small estate")).shared();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let simulator = Simulator::start(estate, listener).await.expect("a simulator");
    let (url, keys) = (simulator.url(), Simulator::operator_credentials());
    let environment = [
        ("AWS_ENDPOINT_URL", url.as_str()),
        ("AWS_ACCESS_KEY_ID", keys.access_key_id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", keys.secret_access_key.as_str()),
    ];
    let output = muster(folder.path(), &HARVEST, &environment);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let export = ["export", "accounts", "--config", "muster.toml"];
    let output = muster(folder.path(), &export, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.starts_with("provider,account_id,account_name,customer_name,instances,"), "{text}");
    assert_eq!(text.lines().count(), 4, "three accounts and a header");
    simulator.stop().await;
}

#[test]
fn the_policy_is_json() {
    let folder = folder();
    let output = muster(folder.path(), &["policy", "--external-id", "x-1"], &[]);
    let policy: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(policy["trust_policy"]["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"], "x-1");
}
