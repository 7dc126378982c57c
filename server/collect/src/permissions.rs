//! The onboarding test of one account: does its role let us in, and only us, and may we read what a harvest reads?
//!
//! Each operation is asked in the cheapest way it knows. An answer that says that something does not exist is an answer:
//! whoever may not ask hears "denied" instead.

use super::{
    account::SystemsAccount, associations, calls::CallCounter, client::Connector, command_output, command_results,
    commands, error::ASSUME_ROLE, instances, inventory, maintenance_window_executions, maintenance_window_targets,
    maintenance_window_tasks, maintenance_windows, patch_baseline_rules, patch_baselines, patch_groups, patch_states,
    patches, tags,
};
use aws_sdk_ssm::types::{ResourceTypeForTagging, ResultAttribute};
use muster_core::error::GET_CALLER_IDENTITY;
use muster_core::{error::CollectError, snapshot::Target};
use muster_model::harvest::ErrorClass;
use std::time::Duration;
use tokio::time::Instant;

/// One account and Region is checked within this time.
const TIME_MAX: Duration = Duration::from_secs(120);
/// What no account has: asking for it costs nothing and shows whether one may ask.
const NO_INSTANCE: &str = "mi-00000000000000000";
const NO_COMMAND: &str = "00000000-0000-4000-8000-000000000000";
const NO_BASELINE: &str = "pb-00000000000000000";
const NO_WINDOW: &str = "mw-00000000000000000";
const WRONG_EXTERNAL_ID: &str = "muster-accounts-check-wrong";
/// Codes by which AWS says that what was asked for is not there.
const ABSENT_CODES: [&str; 6] = [
    "InvalidInstanceId",
    "InvalidResourceId",
    "InvalidCommandId",
    "InvocationDoesNotExist",
    "DoesNotExistException",
    "InvalidPluginName",
];

/// Every operation that a harvest sends to Systems Manager, which is every action that the role must allow.
pub const OPERATIONS: [&str; 16] = [
    instances::OPERATION,
    patch_states::OPERATION,
    patches::OPERATION,
    maintenance_window_executions::OPERATION,
    maintenance_window_targets::OPERATION,
    maintenance_window_tasks::OPERATION,
    maintenance_windows::OPERATION,
    patch_baselines::OPERATION,
    patch_groups::OPERATION,
    command_output::OPERATION,
    inventory::OPERATION,
    patch_baseline_rules::OPERATION,
    associations::OPERATION,
    command_results::OPERATION,
    commands::OPERATION,
    tags::OPERATION,
];

/// One thing that was tried, and why it is not as it should be.
#[derive(Debug)]
pub struct Finding {
    pub what: String,
    /// What is wrong and what to do; none when it is as it should be.
    pub problem: Option<(String, String)>,
}

impl Finding {
    fn good(what: impl Into<String>) -> Self {
        Self { what: what.into(), problem: None }
    }

    fn bad(what: impl Into<String>, problem: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what: what.into(), problem: Some((problem.into(), advice.into())) }
    }

    fn of(what: impl Into<String>, result: Result<(), CollectError>) -> Self {
        match result {
            Ok(()) => Self::good(what),
            Err(error) => Self::bad(what, error.to_string(), error.class.advice()),
        }
    }
}

/// The account's trust: our ExternalId is let in, none and a wrong one are not, and the role is of the right account.
pub async fn check_trust(connector: &Connector, target: &Target) -> Vec<Finding> {
    let calls = CallCounter::default();
    let mut findings = Vec::new();
    match connector.assume_role(target, Some(&target.external_id), &calls).await {
        Ok(session) => {
            findings.push(Finding::good(format!("{ASSUME_ROLE} with the roster's ExternalId")));
            let config = connector.config(target, session);
            let landed = connector.verify_account(&config, target, &calls).await;
            findings.push(Finding::of(format!("{GET_CALLER_IDENTITY} names {}", target.systems_account), landed));
        }
        Err(error) => findings.push(Finding::of(format!("{ASSUME_ROLE} with the roster's ExternalId"), Err(error))),
    }
    for (what, external_id) in [("without an ExternalId", None), ("with a wrong ExternalId", Some(WRONG_EXTERNAL_ID))] {
        let what = format!("{ASSUME_ROLE} {what} is refused");
        findings.push(match connector.assume_role(target, external_id, &calls).await {
            Err(error) if error.class == ErrorClass::Credentials => Finding::good(what),
            Err(error) => Finding::of(what, Err(error)),
            Ok(_) => Finding::bad(
                what,
                "the role lets in whoever knows its name",
                "Put the condition on sts:ExternalId that `muster policy` prints into the role's trust policy.",
            ),
        });
    }
    findings
}

/// Whether the Region answers, and each operation is allowed there.
pub async fn check_region(connector: &Connector, target: &Target) -> Vec<Finding> {
    let calls = CallCounter::default();
    let account = match SystemsAccount::enter(connector, target, &calls, Instant::now() + TIME_MAX).await {
        Ok(account) => account,
        Err(error) => return vec![Finding::of(format!("{} can be entered", target.region), Err(error))],
    };
    let mut findings = Vec::new();
    for operation in OPERATIONS {
        let allowed = match try_operation(&account, operation).await {
            Err(error) if ABSENT_CODES.contains(&error.code.as_str()) => Ok(()),
            result => result,
        };
        // By the action's name, because that is what has to be looked for in the role's policy.
        findings.push(Finding::of(format!("ssm:{operation} in {}", target.region), allowed));
    }
    findings
}

async fn try_operation(account: &SystemsAccount<'_>, operation: &'static str) -> Result<(), CollectError> {
    match operation {
        instances::OPERATION => {
            account.ask(operation, |ssm| ssm.describe_instance_information().max_results(5).send()).await.map(drop)
        }
        patch_states::OPERATION => {
            let send = |ssm: aws_sdk_ssm::Client| ssm.describe_instance_patch_states().instance_ids(NO_INSTANCE).send();
            account.ask(operation, send).await.map(drop)
        }
        patches::OPERATION => {
            let send = |ssm: aws_sdk_ssm::Client| ssm.describe_instance_patches().instance_id(NO_INSTANCE).send();
            account.ask(operation, send).await.map(drop)
        }
        maintenance_window_executions::OPERATION => {
            let send =
                |ssm: aws_sdk_ssm::Client| ssm.describe_maintenance_window_executions().window_id(NO_WINDOW).send();
            account.ask(operation, send).await.map(drop)
        }
        maintenance_window_targets::OPERATION => {
            let send = |ssm: aws_sdk_ssm::Client| ssm.describe_maintenance_window_targets().window_id(NO_WINDOW).send();
            account.ask(operation, send).await.map(drop)
        }
        maintenance_window_tasks::OPERATION => {
            let send = |ssm: aws_sdk_ssm::Client| ssm.describe_maintenance_window_tasks().window_id(NO_WINDOW).send();
            account.ask(operation, send).await.map(drop)
        }
        maintenance_windows::OPERATION => {
            account.ask(operation, |ssm| ssm.describe_maintenance_windows().max_results(10).send()).await.map(drop)
        }
        patch_baselines::OPERATION => {
            account.ask(operation, |ssm| ssm.describe_patch_baselines().max_results(1).send()).await.map(drop)
        }
        patch_groups::OPERATION => {
            account.ask(operation, |ssm| ssm.describe_patch_groups().max_results(1).send()).await.map(drop)
        }
        command_output::OPERATION => {
            let send = |ssm: aws_sdk_ssm::Client| {
                ssm.get_command_invocation().command_id(NO_COMMAND).instance_id(NO_INSTANCE).send()
            };
            account.ask(operation, send).await.map(drop)
        }
        inventory::OPERATION => {
            let kind = ResultAttribute::builder().type_name(muster_core::snapshot::APPLICATION).build();
            let kind = kind.map_err(|error| CollectError::schema(operation, error.to_string()))?;
            let send =
                |ssm: aws_sdk_ssm::Client| ssm.get_inventory().result_attributes(kind.clone()).max_results(1).send();
            account.ask(operation, send).await.map(drop)
        }
        patch_baseline_rules::OPERATION => {
            let send = |ssm: aws_sdk_ssm::Client| ssm.get_patch_baseline().baseline_id(NO_BASELINE).send();
            account.ask(operation, send).await.map(drop)
        }
        associations::OPERATION => {
            account.ask(operation, |ssm| ssm.list_associations().max_results(1).send()).await.map(drop)
        }
        command_results::OPERATION => {
            account.ask(operation, |ssm| ssm.list_command_invocations().max_results(1).send()).await.map(drop)
        }
        commands::OPERATION => account.ask(operation, |ssm| ssm.list_commands().max_results(1).send()).await.map(drop),
        tags::OPERATION => {
            let send = |ssm: aws_sdk_ssm::Client| {
                let kind = ResourceTypeForTagging::ManagedInstance;
                ssm.list_tags_for_resource().resource_type(kind).resource_id(NO_INSTANCE).send()
            };
            account.ask(operation, send).await.map(drop)
        }
        other => Err(CollectError::schema(other, "the check does not know this operation")),
    }
}
