//! `muster policy`: prints the IAM policies of the role in a systems account, or those of `muster enroll`.

use super::{
    cli::{HARVESTER_PLACEHOLDER, PolicyArguments},
    enroll::config::EnrollConfig,
};
use muster_collect::{
    events::{DELETE_MESSAGE, RECEIVE_MESSAGE},
    organization::{LIST_ACCOUNTS, LIST_TAGS},
    permissions::SERVICES,
};
use muster_core::{external_id, queue_url::QueueUrl};
use muster_provision::policies;
use serde_json::{Value, json};
use std::{io::Write, path::Path};

/// What the policy names until the queue is known.
const QUEUE_PLACEHOLDER: &str = "arn:aws:sqs:REGION:HUB_ACCOUNT:muster-events";
/// The suggested name of the roles through which AWS accounts that exist are set up.
const SETUP_ROLE: &str = "muster-setup";
const ENROLLER_PLACEHOLDER: &str = "arn:aws:iam::MANAGEMENT_ACCOUNT:role/muster-enroll";
const ACCOUNT_PLACEHOLDER: &str = "SYSTEMS_ACCOUNT";

pub fn run(arguments: &PolicyArguments) -> anyhow::Result<()> {
    let PolicyArguments { harvester, external_id, events_queue_url, enroll } = arguments;
    if let Some(config) = enroll {
        return print_enroll(config, external_id);
    }
    anyhow::ensure!(
        harvester == HARVESTER_PLACEHOLDER || is_principal(harvester),
        "--harvester `{harvester}` is not the ARN of a role or user, such as arn:aws:iam::111122223333:role/muster: the trust \
         policy must name who may assume the role"
    );
    external_id::check(external_id).map_err(|problem| anyhow::anyhow!("--external-id: {problem}"))?;
    let queue = events_queue_url.as_ref().map_or(QUEUE_PLACEHOLDER.to_owned(), QueueUrl::arn);
    let policies = json!({
        // The role's permissions: the operations of a harvest.
        "permissions_policy": allow("MusterHarvest", &SERVICES, "*"),
        "trust_policy": trust(&arguments.harvester, &arguments.external_id),
        // The harvester's own permissions to list the organization's accounts (`organization_role`).
        "harvester_policy_for_organizations":
            allow("MusterOrganization", &[("organizations", &[LIST_ACCOUNTS, LIST_TAGS])], "*"),
        // The harvester's own permissions to read the queue of events (`events_queue_url`).
        "harvester_policy_for_events": allow("MusterEvents", &[("sqs", &[RECEIVE_MESSAGE, DELETE_MESSAGE])], &queue),
    });
    Ok(writeln!(std::io::stdout(), "{policies:#}")?)
}

/// Prints the policies of the identity that runs `muster enroll`, and of the roles through which it sets up AWS accounts that exist.
fn print_enroll(config: &Path, external_id: &str) -> anyhow::Result<()> {
    let config = EnrollConfig::read(config)?;
    let roles = config.settings()?.roles;
    // `arn:aws-cn:iam::…`: everything is in the partition of the harvester.
    let partition = config.creation.harvester.split(':').nth(1).unwrap_or_default();
    let policies = json!({
        // What runs `muster enroll` and `muster apply`, in the organization's management account.
        "enroller_policy": policies::enroller(partition, &config.creation, SETUP_ROLE),
        // The role in an AWS account that exists: `setup_role_arn` in the roster.
        "setup_trust_policy": policies::setup_trust(ENROLLER_PLACEHOLDER, external_id),
        "setup_permissions_policy": policies::setup_permissions(partition, ACCOUNT_PLACEHOLDER, &roles),
    });
    Ok(writeln!(std::io::stdout(), "{policies:#}")?)
}

/// Whether the text names one role or user, or one account. `*` would allow everybody.
fn is_principal(text: &str) -> bool {
    let is_account = |id: &str| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = |name: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@/-".contains(c);
        !name.is_empty() && name.chars().all(allowed) && !name.ends_with('/')
    };
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, "iam" | "sts", "", account, resource] => {
            let kinds = ["role/", "user/", "assumed-role/"];
            let names = kinds.into_iter().filter_map(|kind| resource.strip_prefix(kind));
            partition.starts_with("aws")
                && is_account(account)
                && (*resource == "root" || names.into_iter().any(is_name))
        }
        _ => is_account(text),
    }
}

/// A policy that allows exactly these operations of services. Most of those of SSM do not support resources.
fn allow(sid: &str, services: &[(&str, &[&str])], resource: &str) -> Value {
    let actions = |(service, operations): &(&str, &[&str])| -> Vec<String> {
        operations.iter().map(|operation| format!("{service}:{operation}")).collect()
    };
    let actions: Vec<String> = services.iter().flat_map(actions).collect();
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource }]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_is_one_role_user_or_account() {
        for text in [
            "arn:aws:iam::111122223333:role/muster",
            "arn:aws-us-gov:iam::111122223333:role/path/muster",
            "arn:aws-cn:iam::111122223333:user/muster",
            "arn:aws:iam::111122223333:root",
            "arn:aws:sts::111122223333:assumed-role/muster/session",
            "111122223333",
        ] {
            assert!(is_principal(text), "{text}");
        }
        for text in [
            "",
            "*",
            "arn:aws:iam::*:role/muster",
            "arn:aws:iam::111122223333:role/*",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::11112222333:role/muster",
            "arn:aws:s3:::bucket",
            "arn:aws:iam::111122223333:group/muster",
            "11112222333",
            "muster",
        ] {
            assert!(!is_principal(text), "{text}");
        }
    }
}
