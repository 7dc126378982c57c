//! `muster policy`: prints the IAM policies of the role in a systems account.

use super::cli::PolicyArguments;
use muster_collect::{
    organization::{LIST_ACCOUNTS, LIST_TAGS},
    permissions::OPERATIONS,
};
use serde_json::{Value, json};
use std::io::Write;

pub fn run(arguments: &PolicyArguments) -> anyhow::Result<()> {
    let both = json!({
        "permissions_policy": permissions(),
        "trust_policy": trust(&arguments.harvester, &arguments.external_id),
        "harvester_policy_for_organizations": organizations(),
    });
    writeln!(std::io::stdout(), "{both:#}")?;
    Ok(())
}

/// The role's permissions: exactly the operations of a harvest. Most of these actions do not support resources.
pub fn permissions() -> Value {
    let actions: Vec<String> = OPERATIONS.iter().map(|operation| format!("ssm:{operation}")).collect();
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Sid": "MusterHarvest", "Effect": "Allow", "Action": actions, "Resource": "*" }]
    })
}

/// The harvester's own permissions to list the organization's accounts (`organization_role`).
fn organizations() -> Value {
    let actions = [LIST_ACCOUNTS, LIST_TAGS].map(|operation| format!("organizations:{operation}"));
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Sid": "MusterOrganization", "Effect": "Allow", "Action": actions, "Resource": "*" }]
    })
}

/// The role's trust policy: the harvester may assume it with the account's ExternalId.
fn trust(harvester: &str, external_id: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": harvester },
            "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "sts:ExternalId": external_id } }
        }]
    })
}
