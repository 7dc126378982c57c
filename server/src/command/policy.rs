//! `muster policy`: prints the IAM policies of the role in a systems account.

use super::cli::PolicyArguments;
use muster_collect::{
    organization::{LIST_ACCOUNTS, LIST_TAGS},
    permissions::OPERATIONS,
};
use serde_json::{Value, json};
use std::io::Write;

pub fn run(arguments: &PolicyArguments) -> anyhow::Result<()> {
    let policies = json!({
        // The role's permissions: the operations of a harvest.
        "permissions_policy": allow("MusterHarvest", "ssm", &OPERATIONS),
        "trust_policy": trust(&arguments.harvester, &arguments.external_id),
        // The harvester's own permissions to list the organization's accounts (`organization_role`).
        "harvester_policy_for_organizations": allow("MusterOrganization", "organizations", &[LIST_ACCOUNTS, LIST_TAGS]),
    });
    Ok(writeln!(std::io::stdout(), "{policies:#}")?)
}

/// A policy that allows exactly these operations of a service. Most of them do not support resources.
fn allow(sid: &str, service: &str, operations: &[&str]) -> Value {
    let actions: Vec<String> = operations.iter().map(|operation| format!("{service}:{operation}")).collect();
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*" }]
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
