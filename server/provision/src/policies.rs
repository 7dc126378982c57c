//! The policies of the roles in a systems account: who may assume them, and what they allow.

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

/// What the provisioner's own identity calls in the management account.
const ORGANIZATION_ACTIONS: [&str; 6] = [
    "organizations:CreateAccount",
    "organizations:DescribeCreateAccountStatus",
    "organizations:ListAccounts",
    "organizations:ListCreateAccountStatus",
    "organizations:ListTagsForResource",
    "organizations:TagResource",
];

fn policy(statement: Value) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

/// Lets the harvester assume a role, with the account's ExternalId only.
pub fn harvest_trust(harvester: &str, external_id: &str) -> Value {
    policy(json!({
        "Effect": "Allow",
        "Principal": { "AWS": harvester },
        "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": { "sts:ExternalId": external_id } },
    }))
}

/// The ExternalId in a trust that is otherwise ours, if we have drawn it: 32 hexadecimal digits.
pub fn external_id_of(trust: &Value, harvester: &str) -> Option<String> {
    let external_id = trust["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"].as_str()?;
    let is_drawn =
        external_id.len() == 2 * EXTERNAL_ID_BYTES && external_id.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_drawn && *trust == harvest_trust(harvester, external_id)).then(|| external_id.to_owned())
}

/// Narrows a session to what activations need.
pub fn activation_session(partition: &str, systems_account: &str, hybrid_role: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "MusterActivations",
                "Effect": "Allow",
                "Action": ["ssm:CreateActivation", "ssm:DescribeActivations", "ssm:DeleteActivation"],
                "Resource": "*",
            },
            {
                "Sid": "MusterHybridRole",
                "Effect": "Allow",
                "Action": ["iam:PassRole"],
                "Resource": format!("arn:{partition}:iam::{systems_account}:role/{hybrid_role}"),
            },
        ],
    })
}

/// Allows exactly the operations of a harvest.
pub fn harvest_permissions() -> Value {
    let actions = SERVICES
        .iter()
        .flat_map(|(service, operations)| operations.iter().map(move |operation| format!("{service}:{operation}")));
    policy(json!({
        "Sid": "MusterHarvest",
        "Effect": "Allow",
        "Action": actions.collect::<Vec<_>>(),
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

/// Allows the provisioner's own identity to create accounts and to enter them. It should not be the harvester's identity.
pub fn provisioner_permissions(partition: &str, admin_role: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Sid": "MusterAccounts", "Effect": "Allow", "Action": ORGANIZATION_ACTIONS, "Resource": "*" },
            {
                "Sid": "MusterAdministrators",
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Resource": format!("arn:{partition}:iam::*:role/{admin_role}"),
            },
        ],
    })
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
