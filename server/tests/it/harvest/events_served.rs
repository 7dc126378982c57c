//! Events in the binary: the configuration, the printed policy and templates, and an end that waits for no queue.

use crate::support::{
    process::{endpoint, folder, folder_of, muster, refused, succeeded},
    serving::Serving,
    wait::happens,
};
use muster_simulator::{Estate, EstateSpec, Simulator, estate::organization::MANAGEMENT_ACCOUNT};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};
use tokio::net::TcpListener;

/// Far less than the 20 seconds that a request to an empty queue takes.
const END_MAX: Duration = Duration::from_secs(8);

#[tokio::test(flavor = "multi_thread")]
async fn the_portal_reads_events_and_ends_while_it_waits_for_more() {
    let estate = Estate::new(&EstateSpec::named("small").expect("the small estate"));
    let folder = folder_of(&estate);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let simulator = Simulator::start(estate.shared(), listener).await.expect("a simulator");
    let mut environment = endpoint(&simulator).to_vec();
    environment.push(("MUSTER_EVENTS_QUEUE_URL", Simulator::queue_url()));
    let portal = tokio::task::block_in_place(|| Serving::start(folder.path(), &environment, None));
    simulator.send_message("no event");
    assert!(happens(async || simulator.queue_length() == 0).await, "the queue is not read: {}", portal.log());
    // The next request has no messages to return.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let begun = Instant::now();
    let log = tokio::task::block_in_place(|| portal.stop());
    assert!(begun.elapsed() < END_MAX, "{:?}: {log}", begun.elapsed());
    // Exactly what the policy allows was sent: the permission to delete covers batches.
    let sent: BTreeSet<String> = simulator
        .calls()
        .into_iter()
        .filter(|call| call.systems_account == MANAGEMENT_ACCOUNT)
        .map(|call| format!("sqs:{}", call.operation.trim_end_matches("Batch")))
        .collect();
    let printed = tokio::task::block_in_place(|| {
        muster(folder.path(), &["policy", "--events-queue-url", &Simulator::queue_url()], &[])
    });
    let printed: Value = serde_json::from_slice(&printed.stdout).expect("JSON");
    let statement = &printed["harvester_policy_for_events"]["Statement"][0];
    assert_eq!(statement["Action"], json!(sent.into_iter().rev().collect::<Vec<_>>()));
    assert_eq!(statement["Resource"], format!("arn:aws:sqs:us-east-1:{MANAGEMENT_ACCOUNT}:muster-events"));
    simulator.stop().await;
}

#[test]
fn prints_templates_that_are_json() {
    let folder = folder();
    for template in ["hub", "account"] {
        let printed = muster(folder.path(), &["events", "template", template], &[]);
        succeeded(&printed);
        let printed: Value = serde_json::from_slice(&printed.stdout).expect("JSON");
        assert_eq!(printed["AWSTemplateFormatVersion"], "2010-09-09");
    }
}

#[test]
fn refuses_a_queue_that_is_none_and_events_without_rounds() {
    let folder = folder();
    let configuration = folder.path().join("muster.toml");
    std::fs::write(&configuration, "store = \"a.duckdb\"\nevents_queue_url = \"https://example.org/1/q\"\n")
        .expect("written");
    let serve = ["serve", "--config", "muster.toml"];
    refused(&muster(folder.path(), &serve, &[]), &["muster.toml", "line 2", "https://example.org/1/q", "sqs."]);
    let text = format!("harvest_interval_minutes = 0\nevents_queue_url = \"{}\"\n", Simulator::queue_url());
    std::fs::write(&configuration, text).expect("written");
    refused(&muster(folder.path(), &serve, &[]), &["events_queue_url needs rounds", "harvest_interval_minutes"]);
    let wrong = ["policy", "--events-queue-url", "https://sqs.us-east-1.amazonaws.com.cn/111122223333/q"];
    refused(&muster(folder.path(), &wrong, &[]), &["end in amazonaws.com"]);
}
