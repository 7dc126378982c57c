//! What stands in a systems account as a template of AWS CloudFormation, for a StackSet: the same resources as
//! [`Provisioner::provision`](crate::Provisioner::provision) creates, made from the same [`Wanted`].
//!
//! CloudFormation makes neither the account nor activations. An update of a stack can overwrite what somebody has changed,
//! where the provisioner only reports it.

use crate::{
    request::Creation,
    settings::Settings,
    wanted::{
        ALL_INSTANCES, AccountNames, COMPLIANCE_LEVEL, CREATED_BY, HOST_MANAGEMENT_SETTING, INSTALL_TASK,
        PATCH_DOCUMENT, PATCH_GROUP_TAG, POLICY_NAME, TASK_PRIORITY, WINDOW_TARGETS, Wanted, WantedAssociation,
        WantedBaseline, WantedRole, WantedWindow,
    },
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

const DESCRIPTION: &str = "Muster: what VM Management needs in one account. For a StackSet with service-managed or \
     self-managed permissions and the capability CAPABILITY_NAMED_IAM; put the Region of the roles first, and deploy Regions \
     one after the other. The account itself and activations are not part of it. China, GovCloud and the UAE lack \
     AWS::SSM::ServiceSetting: remove the resource HostManagement there.";
/// Enough hexadecimal digits of a digest to tell the resources of a template apart.
const ID_DIGITS: usize = 8;
/// What CloudFormation fills in.
const VARIABLE: &str = "${";
const IN_ROLES_REGION: &str = "IsRolesRegion";
const WITH_EC2: &str = "HasEc2Instances";
const WITH_HOST_ROLE: &str = "HasHostManagementRole";
const WITH_DEFAULTS: &str = "SetsDefaultBaselines";

/// The template. Its parameters are what differs by account: the ExternalId, whether it has EC2 instances, and whether its
/// default patch baselines are set; and the Region in which the roles are created, of which there is one set an account.
pub fn template(settings: &Settings, creation: &Creation) -> Value {
    let account = AccountNames {
        partition: "${AWS::Partition}",
        systems_account: "${AWS::AccountId}",
        harvester: &creation.harvester,
        external_id: "${ExternalId}",
        has_ec2_instances: true,
        sets_default_baselines: true,
    };
    let Wanted { roles, region } = Wanted::new(settings, &account);
    let mut resources = Map::new();
    let host_management_role = region.host_management_role.as_deref();
    for wanted in &roles {
        let is_host_management = host_management_role == Some(&*wanted.name);
        resources.insert(id("Role", &wanted.name), role(wanted, is_host_management));
    }
    resources.extend(region.baselines.iter().map(|wanted| (id("Baseline", &wanted.name), baseline(wanted))));
    for wanted in &region.windows {
        let ids = ["Window", "Target", "Task"].map(|kind| id(kind, &wanted.name));
        let [window_id, target_id, _] = &ids;
        let resource = [window(wanted), target(wanted, window_id), task(wanted, window_id, target_id)];
        resources.extend(ids.iter().cloned().zip(resource));
    }
    resources.extend(region.associations.iter().map(|wanted| (id("Association", &wanted.name), association(wanted))));
    resources.extend(host_management_role.map(|role| ("HostManagement".to_owned(), host_management(role))));
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": DESCRIPTION,
        "Parameters": {
            "ExternalId": {
                "Type": "String",
                "AllowedPattern": "^[0-9a-f]{32}$",
                "Description": "The ExternalId with which the harvester assumes its role: 32 random hexadecimal digits",
            },
            "RolesRegion": {
                "Type": "String",
                "Default": "us-east-1",
                "Description": "The Region of the stack that creates the roles",
            },
            "HasEc2Instances": flag("true", "Whether EC2 instances without a profile are managed too"),
            "SetsDefaultBaselines":
                flag("false", "Whether instances without a patch group get the baselines of the default one"),
        },
        "Conditions": {
            IN_ROLES_REGION: { "Fn::Equals": [{ "Ref": "AWS::Region" }, { "Ref": "RolesRegion" }] },
            WITH_EC2: { "Fn::Equals": [{ "Ref": "HasEc2Instances" }, "true"] },
            WITH_HOST_ROLE: { "Fn::And": [{ "Condition": IN_ROLES_REGION }, { "Condition": WITH_EC2 }] },
            WITH_DEFAULTS: { "Fn::Equals": [{ "Ref": "SetsDefaultBaselines" }, "true"] },
        },
        "Resources": resources,
    })
}

fn flag(default: &str, description: &str) -> Value {
    json!({ "Type": "String", "AllowedValues": ["true", "false"], "Default": default, "Description": description })
}

/// An id that stays the same while the name does: letters and digits, and a digest, because names have other characters too.
fn id(kind: &str, name: &str) -> String {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let digest = hex::encode(Sha256::digest(name));
    format!("{kind}{plain}{}", digest.chars().take(ID_DIGITS).collect::<String>())
}

/// Has CloudFormation fill in the variables of a policy.
fn substituted(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains(VARIABLE) => json!({ "Fn::Sub": text }),
        Value::Array(values) => values.into_iter().map(substituted).collect(),
        Value::Object(members) => members.into_iter().map(|(key, value)| (key, substituted(value))).collect(),
        other => other,
    }
}

fn resource(kind: &str, properties: Value) -> Value {
    json!({ "Type": format!("AWS::{kind}"), "Properties": properties })
}

fn conditional(condition: &str, mut resource: Value) -> Value {
    resource["Condition"] = json!(condition);
    resource
}

fn role(role: &WantedRole, is_host_management: bool) -> Value {
    let (key, value) = CREATED_BY;
    let properties = json!({
        "RoleName": role.name,
        "Description": role.description,
        "AssumeRolePolicyDocument": substituted(role.trust.clone()),
        "Policies": [{ "PolicyName": POLICY_NAME, "PolicyDocument": substituted(role.permissions.clone()) }],
        "Tags": [{ "Key": key, "Value": value }],
    });
    let condition = if is_host_management { WITH_HOST_ROLE } else { IN_ROLES_REGION };
    conditional(condition, resource("IAM::Role", properties))
}

fn baseline(baseline: &WantedBaseline) -> Value {
    let system = baseline.operating_system;
    let filter = |(key, values): &(&str, &[&str])| json!({ "Key": key, "Values": values });
    let mut rule = json!({
        "PatchFilterGroup": { "PatchFilters": system.filters().iter().map(filter).collect::<Vec<_>>() },
        "ComplianceLevel": COMPLIANCE_LEVEL,
        "EnableNonSecurity": system.approves_unclassified(),
    });
    if let Some(days) = baseline.approve_after_days {
        rule["ApproveAfterDays"] = json!(days);
    }
    let mut properties = json!({
        "Name": baseline.name,
        "Description": baseline.description(),
        "OperatingSystem": system.aws_name(),
        "ApprovalRules": { "PatchRules": [rule] },
        "PatchGroups": [baseline.group],
    });
    if baseline.is_default {
        properties["DefaultBaseline"] = json!({ "Fn::If": [WITH_DEFAULTS, true, false] });
    }
    resource("SSM::PatchBaseline", properties)
}

fn window(window: &WantedWindow) -> Value {
    let mut properties = json!({
        "Name": window.name,
        "Description": window.description(),
        "Schedule": window.schedule,
        "ScheduleTimezone": window.timezone,
        "Duration": window.duration_hours,
        "Cutoff": window.cutoff_hours,
        "AllowUnassociatedTargets": false,
    });
    if let Some(days) = window.schedule_offset_days {
        properties["ScheduleOffset"] = json!(days);
    }
    resource("SSM::MaintenanceWindow", properties)
}

fn target(window: &WantedWindow, window_id: &str) -> Value {
    let properties = json!({
        "WindowId": { "Ref": window_id },
        "Name": window.group,
        "ResourceType": "INSTANCE",
        "Targets": [{ "Key": format!("tag:{PATCH_GROUP_TAG}"), "Values": [window.group] }],
    });
    resource("SSM::MaintenanceWindowTarget", properties)
}

/// Parameters of a document, each of which is a list.
fn parameters(parameters: &[(&str, &str)]) -> Value {
    parameters.iter().map(|(name, value)| ((*name).to_owned(), json!([value]))).collect()
}

fn task(window: &WantedWindow, window_id: &str, target_id: &str) -> Value {
    let run = json!({ "Parameters": parameters(&window.parameters()) });
    let properties = json!({
        "WindowId": { "Ref": window_id },
        "Name": INSTALL_TASK,
        "TaskArn": PATCH_DOCUMENT,
        "TaskType": "RUN_COMMAND",
        "Targets": [{ "Key": WINDOW_TARGETS, "Values": [{ "Ref": target_id }] }],
        "TaskInvocationParameters": { "MaintenanceWindowRunCommandParameters": run },
        "MaxConcurrency": window.max_concurrency,
        "MaxErrors": window.max_errors,
        "Priority": TASK_PRIORITY,
    });
    resource("SSM::MaintenanceWindowTask", properties)
}

fn association(association: &WantedAssociation) -> Value {
    let (key, value) = ALL_INSTANCES;
    let mut properties = json!({
        "Name": association.document,
        "AssociationName": association.name,
        "ScheduleExpression": association.schedule,
        "Targets": [{ "Key": key, "Values": [value] }],
    });
    if !association.parameters.is_empty() {
        properties["Parameters"] = parameters(&association.parameters);
    }
    resource("SSM::Association", properties)
}

fn host_management(role: &str) -> Value {
    // The reference is the same name, and makes the setting wait for the role where the stack creates it.
    let value = json!({ "Fn::If": [WITH_HOST_ROLE, { "Ref": id("Role", role) }, role] });
    let properties = json!({ "SettingId": HOST_MANAGEMENT_SETTING, "SettingValue": value });
    conditional(WITH_EC2, resource("SSM::ServiceSetting", properties))
}
