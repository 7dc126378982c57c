//! The policies of the roles in a systems account, who may assume them and what they allow, and those of the roles that
//! enroll.

mod enroll;

pub use enroll::{enroller, setup_permissions, setup_trust};

use crate::operations::ACTIVATIONS;
use muster_collect::permissions::SERVICES;
use serde_json::{Value, json};

/// What an agent of Systems Manager calls: AWS's policy `AmazonSSMManagedInstanceCore` without its reading of parameters,
/// which would give every instance the secrets of all others in the account.
const AGENT_ACTIONS: [&str; 21] = [
    "ssm:DescribeAssociation",
    "ssm:GetDeployablePatchSnapshotForInstance",
    "ssm:GetDocument",
    "ssm:DescribeDocument",
    "ssm:GetManifest",
    "ssm:ListAssociations",
    "ssm:ListInstanceAssociations",
    "ssm:PutInventory",
    "ssm:PutComplianceItems",
    "ssm:PutConfigurePackageResult",
    "ssm:UpdateAssociationStatus",
    "ssm:UpdateInstanceAssociationStatus",
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:OpenControlChannel",
    "ec2messages:AcknowledgeMessage",
    "ec2messages:DeleteMessage",
    "ec2messages:FailMessage",
    "ec2messages:GetEndpoint",
    "ec2messages:GetMessages",
    "ec2messages:SendReply",
];

/// The length of the ExternalIds that we draw.
pub const EXTERNAL_ID_BYTES: usize = 16;

/// The actions of operations that have their names.
fn actions(service: &str, operations: &[&str]) -> Vec<String> {
    operations.iter().map(|operation| format!("{service}:{operation}")).collect()
}

fn policy(statement: Value) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

/// Lets the harvester assume a role, with the account's ExternalId only.
pub fn harvest_trust(harvester: &str, external_id: &str) -> Value {
    trust_with_external_id(harvester, external_id)
}

fn trust_with_external_id(principal: &str, external_id: &str) -> Value {
    policy(json!({
        "Effect": "Allow",
        "Principal": { "AWS": principal },
        "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": { "sts:ExternalId": external_id } },
    }))
}

/// What the tags of an activation may be checked against: AWS does not document it.
fn tagged_by_activations(partition: &str, systems_account: &str) -> Value {
    json!(["activation", "managed-instance"].map(|kind| format!("arn:{partition}:ssm:*:{systems_account}:{kind}/*")))
}

/// Narrows a session to what activations need.
pub fn activation_session(partition: &str, systems_account: &str, hybrid_role: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "MusterActivations",
                "Effect": "Allow",
                "Action": actions("ssm", ACTIVATIONS),
                "Resource": "*",
            },
            {
                "Sid": "MusterHybridRole",
                "Effect": "Allow",
                "Action": ["iam:PassRole"],
                "Resource": format!("arn:{partition}:iam::{systems_account}:role/{hybrid_role}"),
            },
            {
                "Sid": "MusterTags",
                "Effect": "Allow",
                "Action": ["ssm:AddTagsToResource"],
                "Resource": tagged_by_activations(partition, systems_account),
            },
        ],
    })
}

/// Allows exactly the operations of a harvest.
pub fn harvest_permissions() -> Value {
    let all = SERVICES.iter().flat_map(|(service, operations)| actions(service, operations));
    policy(json!({
        "Sid": "MusterHarvest",
        "Effect": "Allow",
        "Action": all.collect::<Vec<_>>(),
        "Resource": "*",
    }))
}

/// Lets Systems Manager assume a role for its own account only: without the conditions, Systems Manager could be made to
/// use the role on behalf of another account.
pub fn agent_trust(partition: &str, systems_account: &str) -> Value {
    policy(json!({
        "Effect": "Allow",
        "Principal": { "Service": "ssm.amazonaws.com" },
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": { "aws:SourceAccount": systems_account },
            "ArnLike": { "aws:SourceArn": format!("arn:{partition}:ssm:*:{systems_account}:*") },
        },
    }))
}

/// Allows what an agent calls.
pub fn agent_permissions() -> Value {
    policy(json!({ "Sid": "MusterAgent", "Effect": "Allow", "Action": AGENT_ACTIONS, "Resource": "*" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_read_no_parameters_and_nobody_writes_more_than_needed() {
        let text = agent_permissions().to_string();
        assert!(!text.contains("GetParameter") && !text.contains("ssm:*"), "{text}");
        let harvest = harvest_permissions().to_string();
        for forbidden in ["Create", "Put", "Send", "Register", "Delete", "Update"] {
            assert!(!harvest.contains(&format!(":{forbidden}")), "{forbidden} in {harvest}");
        }
    }
}
