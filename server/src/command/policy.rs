//! `muster policy`: the IAM policies of the role in a systems account.

use super::cli::PolicyArguments;
use crate::collect::{
    command_results, commands, instances, inventory, maintenance_windows, patch_baselines, patch_states, patches, tags,
};
use serde_json::{Value, json};
use std::io::Write;

/// Every operation that a harvest sends to Systems Manager, which is every action that the role must allow.
pub const OPERATIONS: [&str; 9] = [
    instances::OPERATION,
    patch_states::OPERATION,
    patches::OPERATION,
    maintenance_windows::OPERATION,
    patch_baselines::OPERATION,
    inventory::OPERATION,
    command_results::OPERATION,
    commands::OPERATION,
    tags::OPERATION,
];

pub fn run(arguments: &PolicyArguments) -> anyhow::Result<()> {
    let both = json!({
        "permissions_policy": permissions(),
        "trust_policy": trust(&arguments.harvester, &arguments.external_id),
    });
    writeln!(std::io::stdout(), "{both:#}")?;
    Ok(())
}

/// What the role may do: read, and nothing but what is read. Most of these actions know no resources.
pub fn permissions() -> Value {
    let actions: Vec<String> = OPERATIONS.iter().map(|operation| format!("ssm:{operation}")).collect();
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Sid": "MusterHarvest", "Effect": "Allow", "Action": actions, "Resource": "*" }]
    })
}

/// Who may assume the role: the harvester, and only when it says the account's ExternalId.
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
