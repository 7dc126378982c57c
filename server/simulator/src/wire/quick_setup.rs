//! Quick Setup: what it has deployed to a site, in REST with JSON. Only reading, and only configurations.

use std::collections::BTreeMap;

use http::StatusCode;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};

use super::{
    context::{Context, to_json},
    epoch::iso,
    error::ApiError,
    page::{Limits, paged_input},
    service::Service,
};
use crate::{
    estate::{Policy, Site},
    random::Random,
};

const LIST: (&str, &str) = ("/listConfigurations", "ListConfigurations");
/// The id of the configuration follows.
const GET: (&str, &str) = ("/getConfiguration/", "GetConfiguration");

const LIMITS: Limits = Limits::new(1, 100, 100);
const TYPE_VERSION: &str = "2.0";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    manager_arn: Option<String>,
    configuration_definition_id: Option<String>,
    #[serde(rename = "Filters")]
    _filters: Option<IgnoredAny>,
}

/// The operation that a path names.
pub(super) fn operation(path: &str) -> Option<&'static str> {
    if path == LIST.0 { Some(LIST.1) } else { path.starts_with(GET.0).then_some(GET.1) }
}

pub(super) fn respond(context: &Context<'_>, path: &str) -> Result<Vec<u8>, ApiError> {
    let response = match path.strip_prefix(GET.0) {
        Some(id) => get(context, id),
        None => list(context),
    };
    // The pager words the error as SSM does.
    response.map_err(|error| match error.code.as_str() {
        "InvalidNextToken" => Service::QuickSetup.invalid_next_token(),
        _ => error,
    })
}

fn list(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let (input, pager): (Input, _) = paged_input(context, LIMITS)?;
    let is_asked = |one: &Value| {
        let is = |name: &str, wanted: &Option<String>| wanted.as_ref().is_none_or(|wanted| one[name] == **wanted);
        is("ManagerArn", &input.manager_arn) && is("ConfigurationDefinitionId", &input.configuration_definition_id)
    };
    let of_site = |site: &Site| {
        let other = site.policies.first().map(|_| host_management(site));
        other.into_iter().chain(site.policies.iter().map(|policy| summary(site, policy))).filter(is_asked).collect()
    };
    let found: Vec<Value> = context.site.map(of_site).unwrap_or_default();
    pager.respond("ConfigurationsList", "", &found, |row| row)
}

fn get(context: &Context<'_>, id: &str) -> Result<Vec<u8>, ApiError> {
    let site = context.site;
    let found = site.and_then(|site| Some((site, site.policies.iter().find(|policy| policy.id == id)?)));
    let (site, policy) = found.ok_or_else(|| {
        ApiError::common(StatusCode::NOT_FOUND, "ResourceNotFoundException", "The configuration does not exist.")
    })?;
    let mut configuration = summary(site, policy);
    configuration["Parameters"] = json!(parameters(site, policy));
    configuration["LastModifiedAt"] = iso(policy.deployed_at).into();
    if let Some(members) = configuration.as_object_mut() {
        members.remove("FirstClassParameters");
    }
    to_json(&configuration)
}

fn summary(site: &Site, policy: &Policy) -> Value {
    configuration(
        site,
        "PatchPolicy",
        policy,
        json!({
            "PatchPolicyName": policy.name,
            "ConfigurationOptionsPatchOperation": policy.operation(),
        }),
    )
}

/// A configuration of another type, as most accounts with Quick Setup have one.
fn host_management(site: &Site) -> Value {
    let mut random = Random::labelled(1, &site.systems_account);
    let policy = Policy {
        definition_id: random.hex(5),
        id: random.uuid(),
        manager_id: random.uuid(),
        ..site.policies[0].clone()
    };
    configuration(site, "SSMHostMgmt", &policy, json!({ "UpdateSSMAgent": "true" }))
}

fn configuration(site: &Site, kind: &str, policy: &Policy, parameters: Value) -> Value {
    let status = |kind: &str, status: &str| {
        json!({
            "StatusType": kind,
            "Status": status,
            "LastUpdatedAt": iso(policy.deployed_at),
            "StatusMessage": "",
            "StatusDetails": {},
        })
    };
    json!({
        "Id": policy.id,
        "ManagerArn": format!(
            "arn:aws:ssm-quicksetup:{}:{}:configuration-manager/{}", site.region, site.systems_account, policy.manager_id
        ),
        "ConfigurationDefinitionId": policy.definition_id,
        "Type": format!("AWSQuickSetupType-{kind}"),
        "TypeVersion": TYPE_VERSION,
        "Region": &*site.region,
        "Account": &*site.systems_account,
        "CreatedAt": iso(policy.deployed_at),
        "FirstClassParameters": parameters,
        "StatusSummaries": [status("Deployment", "SUCCEEDED"), status("AsyncExecutions", "SUCCEEDED")],
    })
}

fn parameters(site: &Site, policy: &Policy) -> BTreeMap<&'static str, String> {
    let baselines = site.baselines.iter().filter(|baseline| baseline.is_aws_owned()).map(|baseline| {
        let about = json!({
            "value": &*baseline.id, "label": baseline.name, "description": "", "disabled": false,
        });
        (baseline.operating_system.to_owned(), about)
    });
    let baselines = Value::Object(baselines.collect());
    let fixed = [
        ("PatchPolicyName", policy.name.clone()),
        ("SelectedPatchBaselines", baselines.to_string()),
        ("PatchBaselineUseDefault", "default".to_owned()),
        ("ConfigurationOptionsPatchOperation", policy.operation().to_owned()),
        ("ConfigurationOptionsScanValue", "cron(0 1 * * ? *)".to_owned()),
        ("ConfigurationOptionsScanNextInterval", "false".to_owned()),
        ("ConfigurationOptionsInstallValue", if policy.installs { "cron(0 2 ? * SAT *)" } else { "" }.to_owned()),
        ("ConfigurationOptionsInstallNextInterval", "true".to_owned()),
        ("RebootOption", "RebootIfNeeded".to_owned()),
        ("TargetAccounts", site.systems_account.to_string()),
        ("TargetRegions", site.region.to_string()),
        ("OutputLogEnableS3", "false".to_owned()),
    ];
    fixed.into_iter().chain(policy.target_parameters()).collect()
}
