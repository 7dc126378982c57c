//! The policies of the identities that enroll allow exactly the operations that are sent.

use crate::{
    activations::enrollment,
    existing::{self, ACCOUNT},
    support::{ADMIN_ROLE, REGION, World, creation, request},
};
use muster_provision::{AccountRequest, ProvisionError, policies, settings::Roles};
use muster_simulator::{Fault, FaultKind, Simulator, created::Role, estate::organization::MANAGEMENT_ACCOUNT};
use serde_json::Value;
use std::collections::BTreeSet;

const SETUP_ROLE: &str = "MusterSetup";
/// What operations need beside the action of their own name: tags of what they create, and roles that they pass on.
const DEPENDENT: [&str; 4] = ["organizations:TagResource", "iam:TagRole", "iam:PassRole", "ssm:AddTagsToResource"];

/// The actions of the requests that AWS has seen in one account.
fn sent(world: &World, account: &str) -> BTreeSet<String> {
    let counts = world.simulator.call_counts();
    let calls = counts.iter().filter(|call| call.systems_account == account);
    let action = |operation: &str| match operation {
        "AssumeRole" | "GetCallerIdentity" => None,
        _ if account == MANAGEMENT_ACCOUNT => Some(format!("organizations:{operation}")),
        _ if operation.contains("Role") => Some(format!("iam:{operation}")),
        _ => Some(format!("ssm:{operation}")),
    };
    calls.filter_map(|call| action(&call.operation)).collect()
}

fn statements(policy: &Value) -> &[Value] {
    policy["Statement"].as_array().expect("statements")
}

/// What a policy allows, without what other actions need.
fn allowed(policy: &Value) -> BTreeSet<String> {
    let actions = statements(policy).iter().flat_map(|statement| {
        assert_eq!(statement["Effect"], "Allow");
        statement["Action"].as_array().expect("actions")
    });
    let actions = actions.map(|action| action.as_str().expect("an action").to_owned());
    actions.filter(|action| !DEPENDENT.contains(&&**action) && action != "sts:AssumeRole").collect()
}

/// Plans, provisions and enrolls, also where an activation has to be deleted.
async fn everything(world: &World, request: &AccountRequest) {
    world.provisioner.plan(request).await.expect("a plan");
    world.provisioner.provision(request, "test").await.expect("ready");
    world.provisioner.plan(request).await.expect("a plan");
    world.simulator.set_fault(Fault::on("CreateActivation", FaultKind::EmptyBody).times(1));
    let activate = async || world.provisioner.activation(request, REGION, &enrollment(), "test").await;
    activate().await.expect_err("no reply");
    activate().await.expect("an activation");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_of_the_enroller_allows_exactly_what_is_sent_for_a_new_account() {
    let world = World::small().await;
    everything(&world, &request()).await;
    let policy = policies::enroller("aws", &creation(), SETUP_ROLE);
    assert_eq!(sent(&world, MANAGEMENT_ACCOUNT), allowed(&policy));
    let roles = [ADMIN_ROLE, SETUP_ROLE].map(|role| format!("arn:aws:iam::*:role/{role}"));
    assert_eq!(statements(&policy)[1]["Resource"], serde_json::json!(roles));
}

/// The customer's account with a role that has the policies, through which it is set up.
async fn with_setup_role(permissions: Value) -> (World, AccountRequest) {
    let (world, mut request) = (existing::world().await, existing::existing());
    let account = request.existing.as_mut().expect("an account");
    account.setup_role_arn = format!("arn:aws:iam::{ACCOUNT}:role/{SETUP_ROLE}");
    let trust = policies::setup_trust(&Simulator::operator_arn(), &account.external_id);
    let role = Role { trust, policies: [("setup".to_owned(), permissions)].into(), ..Role::default() };
    world.simulator.change_created(|accounts| drop(accounts[0].roles.insert(SETUP_ROLE.to_owned(), role)));
    (world, request)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_of_the_setup_role_allows_exactly_what_is_sent_to_an_account_that_exists() {
    let policy = policies::setup_permissions("aws", ACCOUNT, &Roles::default());
    let (world, mut request) = with_setup_role(policy.clone()).await;
    request.existing.as_mut().expect("an account").sets_default_baselines = true;
    everything(&world, &request).await;
    assert_eq!(sent(&world, ACCOUNT), allowed(&policy));
    assert!(sent(&world, MANAGEMENT_ACCOUNT).is_empty(), "no account is created");

    let resource = |sid: &str| {
        let statement = statements(&policy).iter().find(|statement| statement["Sid"] == sid);
        statement.unwrap_or_else(|| panic!("no {sid}"))["Resource"].to_string()
    };
    for (sid, only) in [
        ("MusterRoles", ":role/Muster"),
        ("MusterPassRoles", ":role/MusterH"),
        ("MusterHostManagement", "servicesetting/ssm/managed-instance/default-ec2-instance-management-role"),
        ("MusterTags", ":managed-instance/*"),
    ] {
        assert!(resource(sid).contains(only) && resource(sid).contains(ACCOUNT), "{sid}: {}", resource(sid));
    }
    assert!(!resource("MusterPassRoles").contains("MusterHarvester"), "agents never get the harvester's role");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setup_role_without_an_action_is_refused_with_its_name() {
    let mut policy = policies::setup_permissions("aws", ACCOUNT, &Roles::default());
    let actions = policy["Statement"][0]["Action"].as_array_mut().expect("actions");
    actions.retain(|action| action != "ssm:CreatePatchBaseline");
    let (world, request) = with_setup_role(policy).await;
    let error = world.provisioner.provision(&request, "test").await.expect_err("a refusal");
    assert!(matches!(&error, ProvisionError::Aws(error) if error.code == "AccessDeniedException"), "{error}");
    assert!(error.to_string().contains("CreatePatchBaseline"), "{error}");
}
