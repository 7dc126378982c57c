//! Systems Manager in created accounts: what provisioning writes, and the reads that look it up. All other reads answer
//! as in a Region in which an account has nothing.

mod activations;
mod associations;
mod baselines;
mod input;
mod instances;
mod settings;
mod windows;

use http::StatusCode;
use serde_json::{Value, json};

use super::{
    context::{Context, to_json},
    epoch::Epoch,
    error::ApiError,
    operations,
    page::{Limits, paged_input},
};
use crate::created::{CreatedAccount, CreatedSite, Resource, Role, Tags};
pub(super) use activations::register;
use input::{choice, filters, number, unsigned_input, validate};
pub(super) use input::{optional_text, tags, text};
pub(super) use instances::update;

/// One request in a Region of a created account.
struct Call<'a> {
    context: &'a Context<'a>,
    input: Value,
    site: &'a mut CreatedSite,
    roles: &'a std::collections::BTreeMap<String, Role>,
}

impl Call<'_> {
    /// The scope of ids, so that no two sites have the same.
    fn scope(&self) -> String {
        format!("{}/{}", self.context.target.systems_account, self.context.target.region)
    }
}

/// Whether a session may call an operation: the administrator's role may call all, another role what its policies allow, and
/// of both only what the session's own policy allows.
pub(super) fn is_allowed(
    account: &CreatedAccount,
    role: &str,
    session_policy: Option<&Value>,
    service: &str,
    operation: &str,
) -> bool {
    let action = format!("{service}:{operation}");
    let allows = |policy: &Value| {
        let mut statements = policy["Statement"].as_array().map_or(&[][..], Vec::as_slice).iter();
        statements.any(|statement| {
            let actions = statement["Action"].as_array().map_or(&[][..], Vec::as_slice);
            statement["Effect"] == "Allow" && actions.iter().any(|one| one.as_str() == Some(&*action))
        })
    };
    let mut policies = account.roles.get(role).into_iter().flat_map(|role| role.policies.values());
    session_policy.is_none_or(allows) && (role == account.admin_role || policies.any(allows))
}

pub(super) fn respond(context: &Context<'_>, account: &mut CreatedAccount) -> Result<Vec<u8>, ApiError> {
    let site = account.regions.entry(context.target.region.to_owned()).or_default();
    let mut call = Call { context, input: context.input()?, site, roles: &account.roles };
    let call = &mut call;
    match context.target.operation {
        "CreateActivation" => activations::create(call),
        "DescribeActivations" => activations::describe(call),
        "DeleteActivation" => activations::delete(call),
        "CreatePatchBaseline" => baselines::create(call),
        "DescribePatchBaselines" => baselines::describe(call),
        "GetPatchBaseline" => baselines::get(call),
        "RegisterDefaultPatchBaseline" => baselines::register_default(call),
        "RegisterPatchBaselineForPatchGroup" => baselines::register_group(call),
        "DescribePatchGroups" => baselines::describe_groups(call),
        "CreateMaintenanceWindow" => windows::create(call),
        "DescribeMaintenanceWindows" => windows::describe(call),
        "RegisterTargetWithMaintenanceWindow" => windows::register_target(call),
        "DescribeMaintenanceWindowTargets" => windows::describe_targets(call),
        "RegisterTaskWithMaintenanceWindow" => windows::register_task(call),
        "DescribeMaintenanceWindowTasks" => windows::describe_tasks(call),
        "GetMaintenanceWindowTask" => windows::get_task(call),
        "DescribeMaintenanceWindowExecutions" => windows::describe_executions(call),
        "CreateAssociation" => associations::create(call),
        "DescribeAssociation" => associations::describe(call),
        "ListAssociations" => associations::list(call),
        "UpdateServiceSetting" => settings::update(call),
        "GetServiceSetting" => settings::get(call),
        "DescribeInstanceInformation" => instances::describe(call),
        "DescribeInstanceProperties" => instances::describe_properties(call),
        "GetInventory" => instances::inventory(call),
        "ListTagsForResource" => instances::list_tags(call),
        _ => operations::respond(context),
    }
}

/// The resource that an earlier request with the same client token has created.
fn by_client_token(resources: &[Resource], input: &Value) -> Result<Option<String>, ApiError> {
    let Some(token) = input["ClientToken"].as_str() else { return Ok(None) };
    match resources.iter().find(|resource| resource.body["ClientToken"] == token) {
        Some(resource) if resource.body == *input => Ok(Some(resource.id.clone())),
        Some(_) => {
            Err(ApiError::ssm("IdempotentParameterMismatch", "The client token was used with other parameters."))
        }
        None => Ok(None),
    }
}

fn limit(length: usize, max: usize) -> Result<(), ApiError> {
    if length < max {
        return Ok(());
    }
    let message = "Error returned when the caller has exceeded the default resource quotas.";
    Err(ApiError::ssm("ResourceLimitExceededException", message))
}

fn does_not_exist(what: &str, id: &str) -> ApiError {
    ApiError::ssm("DoesNotExistException", &format!("{what} {id} does not exist"))
}

fn tag_list(tags: &Tags) -> Vec<Value> {
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}
