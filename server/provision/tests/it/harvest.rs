//! The harvester finds a new account by its tags, and reads the instances that have registered in it.

use crate::{
    activations::{activate, enrollment, ready, register},
    support::{REGION, World, request},
};
use muster_collect::{
    account::SystemsAccount, calls::CallCounter, client::Connector, instances, organization, permissions,
    rate_limit::RateLimits,
};
use muster_core::snapshot::Target;
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
