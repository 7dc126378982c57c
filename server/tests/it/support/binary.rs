//! The binary run as a process: what it rejects, what it prints, and its exit code.

use crate::support::{
    process::{HARVEST, endpoint, folder, muster, refused, succeeded},
    world::World,
};
use muster_simulator::{Estate, EstateSpec, Simulator};
use muster_store::error::StoreError;
use tokio::net::TcpListener;

/// Returns what the command itself says on standard error, without the log.
fn messages(output: &std::process::Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    text.lines().filter(|line| line.starts_with("muster: ")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_misspelt_key_is_named_with_its_file() {
    let folder = folder();
    std::fs::write(folder.path().join("muster.toml"), "stor = \"x\"\n").expect("written");
    refused(&muster(folder.path(), &HARVEST, &[]), &["muster.toml", "stor"]);
}

#[test]
fn a_deprecated_key_works_with_one_warning() {
    let folder = folder();
    let text = "store = \"muster.duckdb\"\naccount_minutes_max = 4\n";
    std::fs::write(folder.path().join("muster.toml"), text).expect("written");
    let output = muster(folder.path(), &["migrate", "--config", "muster.toml"], &[]);
    succeeded(&output);
    let warning =
        "muster: warning: the configuration key `account_minutes_max` is deprecated: use `account_timeout_minutes`\n";
    assert_eq!(messages(&output), warning);
}

#[test]
fn a_missing_file_is_named() {
    let folder = folder();
    refused(&muster(folder.path(), &["harvest", "--config", "other.toml"], &[]), &["other.toml"]);
    std::fs::remove_file(folder.path().join("roster.toml")).expect("removed");
    refused(&muster(folder.path(), &HARVEST, &[]), &["roster.toml"]);
}

#[test]
fn missing_credentials_are_reported_for_every_account() {
    let folder = folder();
    let output = muster(folder.path(), &HARVEST, &[]);
    refused(&output, &["failed"]);
    let lines = String::from_utf8_lossy(&output.stdout);
    assert!(lines.lines().count() >= 3, "{lines}");
    for line in lines.lines() {
        let report: serde_json::Value = serde_json::from_str(line).expect("a JSON line");
        assert_eq!(report["outcome"], "failed");
        assert_eq!(report["errors"][0]["class"], "credentials", "{line}");
        let advice = report["errors"][0]["advice"].as_str().expect("advice");
        assert!(advice.contains("no AWS credentials") && !advice.contains("role ARN"), "{line}");
    }
}

#[test]
fn an_unreachable_endpoint_is_a_network_error() {
    let folder = folder();
    let environment = [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    let output = muster(folder.path(), &HARVEST, &environment.map(|(name, value)| (name, value.to_owned())));
    refused(&output, &["failed"]);
    let lines = String::from_utf8_lossy(&output.stdout);
    let report: serde_json::Value = serde_json::from_str(lines.lines().next().expect("a line")).expect("JSON");
    assert_eq!(report["errors"][0]["class"], "network", "{lines}");
}

#[tokio::test(flavor = "multi_thread")]
async fn harvests_from_the_endpoint_of_the_environment_and_exports() {
    let folder = folder();
    let estate = Estate::new(&EstateSpec::named("small").expect("the small estate")).shared();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let simulator = Simulator::start(estate, listener).await.expect("a simulator");
    let output = muster(folder.path(), &HARVEST, &endpoint(&simulator));
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
fn prints_the_policy_as_json() {
    let folder = folder();
    let output = muster(folder.path(), &["policy", "--external-id", "x-1"], &[]);
    let policy: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(policy["trust_policy"]["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"], "x-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn prints_the_output_of_any_run() {
    let world = World::small().await;
    world.harvest().await;
    let run = |status: &'static str| {
        let sql = "SELECT v.command_id, v.instance_id, v.account_id FROM invocation v WHERE v.status = $1 LIMIT 1";
        world.harvester.store.read("a run", move |connection| {
            connection
                .query_row(sql, [status], |row| Ok([row.get::<_, String>(0)?, row.get(1)?, row.get(2)?]))
                .map_err(StoreError::read("a run"))
        })
    };
    let [command, instance, account] = run("Success").await.expect("a run that succeeded");
    let folder = folder();
    let arguments = |name| [name, "--config", "muster.toml", "--account", &account, &command, &instance];
    let output = muster(folder.path(), &arguments("run-output"), &endpoint(&world.simulator));
    succeeded(&output);
    assert_eq!(messages(&output), "");
    let text = String::from_utf8_lossy(&output.stdout);
    // The document has a step for each of three platforms; the output is of the one that ran.
    assert!(text.contains("Success, exit code 0") && text.contains(&instance), "{text}");

    let deprecated = muster(folder.path(), &arguments("output"), &endpoint(&world.simulator));
    succeeded(&deprecated);
    assert_eq!(deprecated.stdout, output.stdout);
    let warning = "muster: warning: `muster output` is deprecated: use `muster run-output`\n";
    assert_eq!(messages(&deprecated), warning);

    let missing = "11111111-2222-3333-4444-555555555555";
    let other = "mi-0123456789abcdef0";
    for (command, instance) in
        [(missing, instance.as_str()), ("no-such-run", &instance), (&command, other), ("x", other)]
    {
        let unknown = ["run-output", "--config", "muster.toml", "--account", &account, command, instance];
        let output = muster(folder.path(), &unknown, &endpoint(&world.simulator));
        refused(&output, &[command, instance, "30 days"]);
    }
}
