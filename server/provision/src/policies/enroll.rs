//! The policies of the identity that runs `muster enroll` and `muster apply`, and of the role with which it sets up an AWS
//! account that exists. They allow the operations that are sent, and what these need beside their own actions.

use super::{actions, tagged_by_activations, trust_with_external_id};
use crate::{
    operations::{ACTIVATIONS, HOST_MANAGEMENT, IAM, ORGANIZATIONS, REGION},
    request::Creation,
    settings::Roles,
    wanted::HOST_MANAGEMENT_SETTING,
};
use serde_json::{Value, json};

/// Allows to create systems accounts, to set them up with the role that AWS Organizations creates in them, and to assume the
/// roles named `setup_role` in AWS accounts that exist.
///
/// The identity should be no other's, least of all the harvester's: in new accounts it is an administrator. It can enter each
/// account of the organization that has a role named [`Creation::admin_role`], so that name should be one that only new
/// systems accounts have.
pub fn enroller(partition: &str, creation: &Creation, setup_role: &str) -> Value {
    let mut organizations = actions("organizations", ORGANIZATIONS);
    // Accounts are created with tags.
    organizations.push("organizations:TagResource".to_owned());
    let roles = [&creation.admin_role, setup_role].map(|role| format!("arn:{partition}:iam::*:role/{role}"));
    json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Sid": "MusterAccounts", "Effect": "Allow", "Action": organizations, "Resource": "*" },
            { "Sid": "MusterSetup", "Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": roles },
        ],
    })
}

/// Lets the identity that enrolls assume the role that sets up an AWS account, with the account's ExternalId only.
pub fn setup_trust(enroller: &str, external_id: &str) -> Value {
    trust_with_external_id(enroller, external_id)
}

/// Allows to set up an AWS account that exists, and activations in it.
///
/// It creates the three roles of the settings with any policy, so it is as powerful as an administrator. An owner who does not
/// want that creates the roles before, with the template, and removes `iam:CreateRole` and `iam:PutRolePolicy`.
pub fn setup_permissions(partition: &str, systems_account: &str, roles: &Roles) -> Value {
    let role = |name: &String| format!("arn:{partition}:iam::{systems_account}:role/{name}");
    let Roles { harvest, hybrid, host_management } = roles;
    let mut iam = actions("iam", IAM);
    // Roles are created with tags.
    iam.push("iam:TagRole".to_owned());
    let setting = format!("arn:{partition}:ssm:*:{systems_account}:servicesetting{HOST_MANAGEMENT_SETTING}");
    let systems_manager: Vec<_> = [REGION, ACTIVATIONS].iter().flat_map(|list| actions("ssm", list)).collect();
    let statement = |sid: &str, actions: Vec<String>, resource: Value| json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource });
    json!({
        "Version": "2012-10-17",
        "Statement": [
            statement("MusterRegions", systems_manager, json!("*")),
            statement("MusterHostManagement", actions("ssm", HOST_MANAGEMENT), json!(setting)),
            statement("MusterRoles", iam, json!([harvest, hybrid, host_management].map(role))),
            // Systems Manager gives both to instances, and both trust it only.
            statement("MusterPassRoles", actions("iam", &["PassRole"]), json!([hybrid, host_management].map(role))),
            statement(
                "MusterTags",
                actions("ssm", &["AddTagsToResource"]),
                tagged_by_activations(partition, systems_account),
            ),
        ],
    })
}
