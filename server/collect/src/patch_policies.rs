//! `ListConfigurations`: what Quick Setup has deployed to the account and Region, patch policies among it. An account that an
//! organization deploys to has no configuration manager of its own, but has this list.

use super::{
    account::SystemsAccount, error::CollectError, operation_log::OperationLog, pages::every_page, patch_policy_details,
    text::clean,
};
use aws_sdk_ssmquicksetup::{
    Client,
    types::{ConfigurationSummary, StatusSummary, StatusType},
};
use muster_core::{known::Known, reference_data::PatchPolicyRecord};
use std::hash::{DefaultHasher, Hash, Hasher};

pub const OPERATION: &str = "ListConfigurations";
/// The largest page.
const PAGE_ROWS: i32 = 100;
/// The end of the type of patch policies, which starts with `AWSQuickSetupType-`.
const TYPE: &str = "PatchPolicy";

/// Reads all patch policies: one list, and the details of those that the list shows to be new or changed.
pub async fn collect(account: &SystemsAccount<'_>, known: &Known) -> (Option<Vec<PatchPolicyRecord>>, OperationLog) {
    let mut log = OperationLog::default();
    let Some(listed) = log.record(OPERATION, list(account).await) else { return (None, log) };
    let mut policies = Vec::new();
    for configuration in &listed {
        let Some(id) = configuration.id().filter(|_| is_patch_policy(account, configuration)) else { continue };
        let (change_key, status) = (change_key(configuration), status(configuration));
        if let Some(stored) = known.patch_policies.get(id).filter(|stored| stored.change_key == change_key) {
            policies.push(PatchPolicyRecord { status, ..stored.clone() });
            continue;
        }
        match patch_policy_details::collect(account, id).await {
            Ok(policy) => {
                *log.rows.entry(patch_policy_details::OPERATION).or_default() += 1;
                policies.push(PatchPolicyRecord { status, change_key, ..policy });
            }
            // It was deleted after the list was read.
            Err(error) if error.code == patch_policy_details::NOT_FOUND => {}
            // The stored policies stay, because a list that lacks one must not replace them.
            Err(error) => {
                log.errors.push(error);
                return (None, log);
            }
        }
    }
    (Some(policies), log)
}

async fn list(account: &SystemsAccount<'_>) -> Result<Vec<ConfigurationSummary>, CollectError> {
    let page = |token: Option<String>| async move {
        let send =
            |client: Client| client.list_configurations().max_items(PAGE_ROWS).set_starting_token(token.clone()).send();
        let page = account.send_to_quick_setup(OPERATION, send).await?;
        Ok((page.configurations_list, page.next_token))
    };
    every_page(OPERATION, page).await
}

/// Whether it is a patch policy, and not deployed to another account or Region.
fn is_patch_policy(account: &SystemsAccount<'_>, configuration: &ConfigurationSummary) -> bool {
    let target = account.target();
    let is_here = |found: Option<&str>, own: &str| found.is_none_or(|found| found.is_empty() || found == own);
    configuration.r#type().is_some_and(|name| name.ends_with(TYPE))
        && is_here(configuration.account(), &target.systems_account)
        && is_here(configuration.region(), &target.region)
}

fn deployments(configuration: &ConfigurationSummary) -> impl Iterator<Item = &StatusSummary> {
    let is_deployment = |summary: &&StatusSummary| *summary.status_type() == StatusType::Deployment;
    configuration.status_summaries().iter().filter(is_deployment)
}

fn status(configuration: &ConfigurationSummary) -> String {
    let newest = deployments(configuration).max_by_key(|summary| *summary.last_updated_at());
    clean(newest.and_then(|summary| summary.status()).map_or("", |status| status.as_str()))
}

/// What the list says of a configuration, in short: any change is deployed, which the list shows. The results of its executions
/// come and go without a change.
fn change_key(configuration: &ConfigurationSummary) -> String {
    let mut hasher = DefaultHasher::new();
    (configuration.manager_arn(), configuration.configuration_definition_id()).hash(&mut hasher);
    (configuration.type_version(), configuration.created_at().map(|at| at.as_nanos())).hash(&mut hasher);
    let mut parameters: Vec<_> = configuration.first_class_parameters().into_iter().flatten().collect();
    parameters.sort();
    parameters.hash(&mut hasher);
    let mut deployed: Vec<_> = deployments(configuration)
        .map(|summary| (summary.last_updated_at().as_nanos(), summary.status().map(|status| status.as_str())))
        .collect();
    deployed.sort_unstable();
    deployed.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_types::DateTime;

    fn policy(deployed_at: i64, executed_at: i64, operation: &str) -> ConfigurationSummary {
        let summary = |kind: StatusType, at| {
            let summary = StatusSummary::builder().status_type(kind).last_updated_at(DateTime::from_secs(at));
            summary.build().expect("a summary")
        };
        ConfigurationSummary::builder()
            .id("a")
            .first_class_parameters("ConfigurationOptionsPatchOperation", operation)
            .first_class_parameters("PatchPolicyName", "nightly")
            .status_summaries(summary(StatusType::Deployment, deployed_at))
            .status_summaries(summary(StatusType::AsyncExecutions, executed_at))
            .build()
    }

    #[test]
    fn a_policy_changes_by_its_deployment_and_parameters_and_not_by_its_executions() {
        let before = change_key(&policy(100, 100, "Scan"));
        assert_eq!(before, change_key(&policy(100, 200, "Scan")));
        assert_ne!(before, change_key(&policy(101, 100, "Scan")));
        assert_ne!(before, change_key(&policy(100, 100, "ScanAndInstall")));
    }
}
