//! The onboarding test of one account: whether only our ExternalId can assume its role, and whether the role allows every
//! operation of a harvest.
//!
//! Each operation is called in its cheapest form. An error that says that something does not exist proves the permission.

use super::{
    account::SystemsAccount,
    activation_tier, associations,
    calls::CallCounter,
    client::Connector,
    command_output, command_results, commands,
    error::{ASSUME_ROLE, CollectError, GET_CALLER_IDENTITY},
    instance_properties, instances, inventory, maintenance_window_executions, maintenance_window_targets,
    maintenance_window_tasks, maintenance_windows, nodes, nodes_summary, patch_baseline_rules, patch_baselines,
    patch_groups, patch_policies, patch_policy_details, patch_states, patches, tags,
};
use aws_sdk_ssm::types::ResourceTypeForTagging;
use muster_core::{
    reference_data::{ApplicationRecord, InventoryRow},
    snapshot::Target,
};
use muster_model::harvest::{ErrorClass, SERVICE_NOT_IN_REGION};
use std::time::Duration;
use tokio::time::Instant;

/// The time limit of one account and Region.
const TIMEOUT: Duration = Duration::from_secs(120);
/// Ids that no account has: requests for them cost nothing and show whether they are allowed.
const NO_INSTANCE: &str = "mi-00000000000000000";
const NO_COMMAND: &str = "00000000-0000-4000-8000-000000000000";
const NO_BASELINE: &str = "pb-00000000000000000";
const NO_WINDOW: &str = "mw-00000000000000000";
const NO_CONFIGURATION: &str = "00000000-0000-4000-8000-000000000000";
const SOFTWARE: &str = ApplicationRecord::TYPE_NAME;
const WRONG_EXTERNAL_ID: &str = "muster-accounts-check-wrong";
/// AWS's codes for something that does not exist, or is not switched on.
const ABSENT_CODES: [&str; 8] = [
    "InvalidInstanceId",
    "InvalidResourceId",
    "InvalidCommandId",
    "InvocationDoesNotExist",
    "DoesNotExistException",
    "InvalidPluginName",
    patch_policy_details::NOT_FOUND,
    "UnsupportedOperationException",
];

/// The operations of Quick Setup that a harvest calls.
pub const QUICK_SETUP_OPERATIONS: [&str; 2] = [patch_policy_details::OPERATION, patch_policies::OPERATION];

/// The prefix of the actions of each service, with the operations that a harvest calls: all that the role must allow.
pub const SERVICES: [(&str, &[&str]); 2] = [("ssm", &OPERATIONS), ("ssm-quicksetup", &QUICK_SETUP_OPERATIONS)];

async fn try_quick_setup(account: &SystemsAccount<'_>, operation: &'static str) -> Result<(), CollectError> {
    let result = if operation == patch_policies::OPERATION {
        account
            .send_to_quick_setup(operation, |client| client.list_configurations().max_items(1).send())
            .await
            .map(drop)
    } else {
        let get = |client: aws_sdk_ssmquicksetup::Client| {
            client.get_configuration().configuration_id(NO_CONFIGURATION).send()
        };
        account.send_to_quick_setup(operation, get).await.map(drop)
    };
    match result {
        // What a Region lacks needs no permission.
        Err(error) if error.code == SERVICE_NOT_IN_REGION => Ok(()),
        result => result,
    }
}

/// Declares every operation that a harvest calls, which is every action of Systems Manager that the role must allow, with
/// its cheapest request.
macro_rules! operations {
    ($($module:ident: $request:ident() $(.$set:ident($value:expr))*,)*) => {
        pub const OPERATIONS: [&str; 20] = [$($module::OPERATION),*];

        async fn try_operation(account: &SystemsAccount<'_>, operation: &'static str) -> Result<(), CollectError> {
            match operation {
                $($module::OPERATION => {
                    account.send(operation, |ssm| ssm.$request()$(.$set($value))*.send()).await.map(drop)
                })*
                other => Err(CollectError::schema(other, "the check does not know this operation")),
            }
        }
    };
}

operations! {
    instances: describe_instance_information().max_results(5),
    instance_properties: describe_instance_properties().max_results(5),
    patch_states: describe_instance_patch_states().instance_ids(NO_INSTANCE),
    patches: describe_instance_patches().instance_id(NO_INSTANCE),
    maintenance_window_executions: describe_maintenance_window_executions().window_id(NO_WINDOW),
    maintenance_window_targets: describe_maintenance_window_targets().window_id(NO_WINDOW),
    maintenance_window_tasks: describe_maintenance_window_tasks().window_id(NO_WINDOW),
    maintenance_windows: describe_maintenance_windows().max_results(10),
    patch_baselines: describe_patch_baselines().max_results(1),
    patch_groups: describe_patch_groups().max_results(1),
    command_output: get_command_invocation().command_id(NO_COMMAND).instance_id(NO_INSTANCE),
    activation_tier: get_service_setting().setting_id(activation_tier::ACTIVATION_TIER),
    inventory: get_inventory().max_results(1).set_result_attributes(inventory::attributes(SOFTWARE).ok()),
    patch_baseline_rules: get_patch_baseline().baseline_id(NO_BASELINE),
    associations: list_associations().max_results(1),
    command_results: list_command_invocations().max_results(1),
    commands: list_commands().max_results(1),
    nodes: list_nodes().max_results(1),
    nodes_summary: list_nodes_summary().set_aggregators(nodes_summary::by_region().ok().map(|by| vec![by])).max_results(1),
    tags: list_tags_for_resource().resource_type(ResourceTypeForTagging::ManagedInstance).resource_id(NO_INSTANCE),
}

/// The result of one check.
#[derive(Debug)]
pub struct Finding {
    pub what: String,
    /// What is wrong, and what to do; None when the check passed.
    pub problem: Option<(String, String)>,
}

impl Finding {
    fn passed(what: impl Into<String>) -> Self {
        Self { what: what.into(), problem: None }
    }

    fn failed(what: impl Into<String>, problem: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what: what.into(), problem: Some((problem.into(), advice.into())) }
    }

    fn of(what: impl Into<String>, result: Result<(), CollectError>) -> Self {
        match result {
            Ok(()) => Self::passed(what),
            Err(error) => Self::failed(what, error.to_string(), error.class.advice(&error.code)),
        }
    }
}

/// Checks the role's trust policy in one Region, whose Security Token Service an account may lack: our ExternalId is accepted, none and a wrong one are refused, and the role belongs to
/// the expected account.
pub async fn check_trust(connector: &Connector, target: &Target) -> Vec<Finding> {
    let (calls, region) = (CallCounter::default(), &target.region);
    let mut findings = Vec::new();
    match connector.assume_role(target, Some(&target.external_id), None, &calls).await {
        Ok(session) => {
            findings.push(Finding::passed(format!("{ASSUME_ROLE} with the roster's ExternalId in {region}")));
            let config = connector.config(target, session);
            let account = connector.verify_account(&config, target, &calls).await;
            findings.push(Finding::of(
                format!("{GET_CALLER_IDENTITY} names {} in {region}", target.systems_account),
                account,
            ));
        }
        Err(error) => {
            findings.push(Finding::of(format!("{ASSUME_ROLE} with the roster's ExternalId in {region}"), Err(error)));
            // What is refused in a Region that the account does not have says nothing about the trust policy.
            return findings;
        }
    }
    for (what, external_id) in [("without an ExternalId", None), ("with a wrong ExternalId", Some(WRONG_EXTERNAL_ID))] {
        let what = format!("{ASSUME_ROLE} {what} is refused in {region}");
        findings.push(match connector.assume_role(target, external_id, None, &calls).await {
            Err(error) if error.class == ErrorClass::Credentials => Finding::passed(what),
            Err(error) => Finding::of(what, Err(error)),
            Ok(_) => Finding::failed(
                what,
                "the role can be assumed without the ExternalId",
                "Add the condition on sts:ExternalId that `muster policy` prints to the role's trust policy.",
            ),
        });
    }
    findings
}

/// Checks that the Region answers and allows each operation.
pub async fn check_region(connector: &Connector, target: &Target) -> Vec<Finding> {
    let calls = CallCounter::default();
    let account = match SystemsAccount::enter(connector, target, &calls, Instant::now() + TIMEOUT).await {
        Ok(account) => account,
        Err(error) => return vec![Finding::of(format!("a session in {}", target.region), Err(error))],
    };
    let mut findings = Vec::new();
    for (service, operations) in SERVICES {
        for operation in operations {
            let result = match service {
                "ssm" => try_operation(&account, operation).await,
                _ => try_quick_setup(&account, operation).await,
            };
            let allowed = match result {
                Err(error) if ABSENT_CODES.contains(&error.code.as_str()) => Ok(()),
                result => result,
            };
            // The action's name, which is what the role's policy has.
            findings.push(Finding::of(format!("{service}:{operation} in {}", target.region), allowed));
        }
    }
    findings
}
