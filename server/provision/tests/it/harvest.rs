//! The harvester finds a new account by its tags, and reads the instances that have registered in it.

use crate::{
    activations::{activate, call_as_agent, enrollment, ready, register},
    support::{REGION, World, request},
};
use jiff::SignedDuration;
use muster_collect::{
    account::SystemsAccount,
    calls::CallCounter,
    client::Connector,
    flow::Flow,
    instances, organization,
    patch_documents::PatchDocuments,
    permissions,
    pull::{Plan, pull},
    rate_limit::RateLimits,
    row_budget::RowBudget,
};
use muster_core::{
    known::Known,
    snapshot::{Snapshot, Target},
};
use muster_simulator::Simulator;
use std::{collections::HashMap, time::Duration};
use tokio::{sync::mpsc::unbounded_channel, time::Instant};

const TIMEOUT: Duration = Duration::from_secs(30);

async fn harvester(world: &World) -> Connector {
    let keys = Simulator::operator_credentials();
    let limits = RateLimits::unlimited();
    Connector::to_endpoint(&world.simulator.url(), &keys.access_key_id, &keys.secret_access_key, limits).await
}

fn target(systems_account: &str, external_id: &str) -> Target {
    Target {
        account_id: request().account_id,
        systems_account: systems_account.to_owned(),
        role_arn: format!("arn:aws:iam::{systems_account}:role/MusterHarvester"),
        external_id: external_id.to_owned(),
        region: REGION.to_owned(),
        account_regions: vec![REGION.to_owned()],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_organization_lists_the_account_with_its_owner() {
    let world = ready().await;
    let connector = harvester(&world).await;
    let members = organization::members(&connector, &CallCounter::default(), &HashMap::new()).await.expect("members");
    let account = world.account();
    let member = members.iter().find(|member| member.systems_account == account.id).expect("the account");
    assert!(member.active);
    for (key, value) in [
        ("provider", "azure"),
        ("account-id", request().account_id.as_str()),
        ("customer-id", "c-1001"),
        ("external-id", &*world.state().external_id),
        ("regions", REGION),
    ] {
        assert_eq!(member.tags.get(key).map(String::as_str), Some(value), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_harvest_role_passes_the_onboarding_test() {
    let world = ready().await;
    let connector = harvester(&world).await;
    let target = target(&world.account().id, &world.state().external_id);
    let mut findings = permissions::check_trust(&connector, &target).await;
    assert_eq!(findings.len(), 4, "{findings:#?}");
    findings.extend(permissions::check_region(&connector, &target).await);
    assert!(findings.len() > 20 && findings.iter().all(|one| one.problem.is_none()), "{findings:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_harvester_reads_the_registered_instance_and_cannot_write() {
    let world = ready().await;
    let activation = activate(&world).await.expect("an activation");
    assert_eq!(register(&world, &activation).0, 200);
    let connector = harvester(&world).await;
    let (target, calls) = (target(&world.account().id, &world.state().external_id), CallCounter::default());
    let account =
        SystemsAccount::enter(&connector, &target, &calls, Instant::now() + TIMEOUT).await.expect("a session");
    let (found, _receiver) = unbounded_channel();
    let records = instances::collect(&account, found).await.expect("instances");
    let [record] = records.as_slice() else { panic!("one instance: {records:?}") };
    assert_eq!(record.name, enrollment().id);
    let refused = account.send("DeleteActivation", |ssm| ssm.delete_activation().activation_id(&activation.id).send());
    assert_eq!(refused.await.expect_err("a refusal").code, "AccessDeniedException");
}

/// Pulls the account as a harvest of everything does.
async fn pull_all(world: &World) -> Snapshot {
    let connector = harvester(world).await;
    let target = target(&world.account().id, &world.state().external_id);
    let (flow, _slices) = Flow::new(RowBudget::new(1_000_000), TIMEOUT);
    let plan = Plan {
        full: true,
        reference_data_interval: SignedDuration::from_hours(1),
        patch_documents: &PatchDocuments::default(),
        deadline: Instant::now() + TIMEOUT,
        flow: &flow,
    };
    pull(&connector, &target, &Known::default(), plan, &*world.clock).await.snapshot
}

#[tokio::test(flavor = "multi_thread")]
async fn a_harvest_of_registered_instances_has_no_errors() {
    let world = ready().await;
    let activation = activate(&world).await.expect("an activation");
    assert_eq!(register(&world, &activation).0, 200);
    let id = world.account().regions[REGION].instances[0].id.clone();
    let before = pull_all(&world).await;
    let [silent] = before.instances.as_deref().expect("a list") else { panic!("one instance") };
    assert_eq!((silent.computer_name.as_str(), silent.platform_type.as_str()), ("", ""), "the agent has not started");

    let report = serde_json::json!({
        "InstanceId": id,
        "AgentName": "amazon-ssm-agent",
        "AgentStatus": "Active",
        "AgentVersion": "3.3.3050.0",
        "ComputerName": "vm-17.example",
        "IPAddress": "10.0.0.9",
        "PlatformName": "Debian GNU/Linux",
        "PlatformType": "Linux",
        "PlatformVersion": "12",
    });
    assert_eq!(call_as_agent(&world, "UpdateInstanceInformation", &report).0, 200);
    let snapshot = pull_all(&world).await;
    assert!(snapshot.errors.is_empty(), "{:#?}", snapshot.errors);
    let [record] = snapshot.instances.as_deref().expect("a list") else { panic!("one instance") };
    assert_eq!(record.instance_id.as_str(), id);
    assert_eq!((record.computer_name.as_str(), record.ip_address.as_str()), ("vm-17.example", "10.0.0.9"));
    assert_eq!((record.platform_name.as_str(), record.ping_status.as_str()), ("Debian GNU/Linux", "Online"));
    assert!(snapshot.scans.is_empty(), "it was never scanned");
    let data = snapshot.reference_data;
    let tags = data.tags.expect("tags");
    let group = tags.iter().find(|tag| tag.instance_id.as_str() == id && tag.key == "Patch Group");
    assert_eq!(group.map(|tag| tag.value.as_str()), Some("late"));
    assert_eq!(data.nodes.expect("nodes")[0].status, "Active");
    assert_eq!(data.software.len(), 1);
    assert!(data.is_complete);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_is_online_while_its_agent_reports() {
    let world = ready().await;
    let activation = activate(&world).await.expect("an activation");
    assert_eq!(register(&world, &activation).0, 200);
    world.pass(SignedDuration::from_mins(11));
    let snapshot = pull_all(&world).await;
    assert_eq!(snapshot.instances.expect("a list")[0].ping_status, "ConnectionLost");
    let unknown = serde_json::json!({ "InstanceId": "mi-00000000000000000", "AgentVersion": "1", "ComputerName": "",
        "IPAddress": "", "PlatformType": "Linux", "PlatformName": "", "PlatformVersion": "" });
    let (status, answer) = call_as_agent(&world, "UpdateInstanceInformation", &unknown);
    assert!(status == 400 && answer.contains("InvalidInstanceId"), "{answer}");
}
