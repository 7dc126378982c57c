//! The printed policies allow exactly the actions that are sent.

use crate::{
    harvest::accounts_check::Onboarding,
    support::{
        process::{folder, muster},
        world::World,
    },
};
use jiff::SignedDuration;
use muster_collect::permissions::QUICK_SETUP_OPERATIONS;
use muster_harvest::organization::Organization;
use muster_simulator::{Call, estate::account::ROLE_NAME, estate::organization::MANAGEMENT_ACCOUNT};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The IAM actions of requests. GetCallerIdentity needs no permission, and the trust policy allows AssumeRole.
fn actions(calls: &[Call]) -> BTreeSet<String> {
    let ssm_calls = calls.iter().filter(|call| !["AssumeRole", "GetCallerIdentity"].contains(&call.operation.as_str()));
    let action = |call: &Call| {
        let service = match call.operation.as_str() {
            _ if call.systems_account == MANAGEMENT_ACCOUNT => "organizations",
            operation if QUICK_SETUP_OPERATIONS.contains(&operation) => "ssm-quicksetup",
            _ => "ssm",
        };
        format!("{service}:{}", call.operation)
    };
    ssm_calls.map(action).collect()
}

fn allowed(policy: &Value) -> BTreeSet<String> {
    let statements = policy["Statement"].as_array().expect("statements");
    let [statement] = statements.as_slice() else { panic!("one statement, not {statements:?}") };
    assert_eq!((&statement["Effect"], &statement["Resource"]), (&Value::from("Allow"), &Value::from("*")));
    let actions = statement["Action"].as_array().expect("actions").iter();
    actions.map(|action| action.as_str().expect("an action").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policies_allow_exactly_the_actions_of_a_harvest_and_a_check() {
    let folder = folder();
    let printed = tokio::task::block_in_place(|| muster(folder.path(), &["policy", "--external-id", "x-1"], &[]));
    let printed: Value = serde_json::from_slice(&printed.stdout).expect("JSON");
    let role = allowed(&printed["permissions_policy"]);
    let harvester = allowed(&printed["harvester_policy_for_organizations"]);
    let [trust] = printed["trust_policy"]["Statement"].as_array().expect("statements").as_slice() else {
        panic!("one statement, not {printed}")
    };
    assert_eq!((&trust["Effect"], &trust["Action"]), (&Value::from("Allow"), &Value::from("sts:AssumeRole")));
    assert_eq!(
        trust["Condition"],
        json!({ "StringEquals": { "sts:ExternalId": "x-1" } }),
        "the trust policy requires the ExternalId"
    );

    let mut world = World::small().await;
    world.harvester.organization = Some(Organization::new(ROLE_NAME.to_owned()));
    world.skip_to_last_day();
    world.harvest().await;
    // While reference data is not due, instances are listed by another operation.
    world.harvester.reference_data_interval = SignedDuration::from_mins(60);
    world.harvest().await;
    let harvested = actions(&world.simulator.calls());
    let onboarding = Onboarding::new().await;
    assert!(onboarding.muster(&["accounts", "check", "--config", "muster.toml"]).status.success());
    let checked = actions(&onboarding.simulator.calls());

    assert_eq!(checked, role, "a check tries each action once");
    let sent: BTreeSet<String> = harvested.union(&checked).cloned().collect();
    assert_eq!(sent, role.union(&harvester).cloned().collect());
    assert_eq!(sent, harvested, "the check sends actions that no harvest sends");
}
