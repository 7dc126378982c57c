//! Roles with the policies that Muster gives them (`GetRole`, `GetRolePolicy`), and the names of all others
//! (`ListRolePolicies`, `ListAttachedRolePolicies`).

use crate::{
    operations::{GET_ROLE, GET_ROLE_POLICY, LIST_ATTACHED_ROLE_POLICIES, LIST_ROLE_POLICIES},
    wanted::{POLICY_NAME, WantedRole},
};
use aws_sdk_iam::Client;
use muster_collect::error::CollectError;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRole {
    pub trust: Value,
    /// The inline policy of Muster's name.
    pub permissions: Option<Value>,
    /// The names of further inline policies.
    pub further: Vec<String>,
    /// The ARNs of managed policies.
    pub attached: Vec<String>,
}

/// Looks each wanted role up.
pub async fn read_roles(iam: &Client, wanted: &[WantedRole]) -> Result<BTreeMap<String, FoundRole>, CollectError> {
    let mut found = BTreeMap::new();
    for role in wanted {
        if let Some(trust) = trust(iam, &role.name).await? {
            let found_role = FoundRole {
                trust,
                permissions: permissions(iam, &role.name).await?,
                further: further(iam, &role.name).await?,
                attached: attached(iam, &role.name).await?,
            };
            found.insert(role.name.clone(), found_role);
        }
    }
    Ok(found)
}

async fn trust(iam: &Client, name: &str) -> Result<Option<Value>, CollectError> {
    match iam.get_role().role_name(name).send().await {
        Ok(answer) => {
            let text = answer.role.and_then(|role| role.assume_role_policy_document);
            document(GET_ROLE, &text.unwrap_or_default()).map(Some)
        }
        Err(error) if error.as_service_error().is_some_and(|error| error.is_no_such_entity_exception()) => Ok(None),
        Err(error) => Err(CollectError::from_sdk(GET_ROLE, &error)),
    }
}

async fn permissions(iam: &Client, role: &str) -> Result<Option<Value>, CollectError> {
    match iam.get_role_policy().role_name(role).policy_name(POLICY_NAME).send().await {
        Ok(answer) => document(GET_ROLE_POLICY, &answer.policy_document).map(Some),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_no_such_entity_exception()) => Ok(None),
        Err(error) => Err(CollectError::from_sdk(GET_ROLE_POLICY, &error)),
    }
}

async fn further(iam: &Client, role: &str) -> Result<Vec<String>, CollectError> {
    let names = iam.list_role_policies().role_name(role).into_paginator().items().send();
    let names = names.collect::<Result<Vec<_>, _>>().await;
    let names = names.map_err(|error| CollectError::from_sdk(LIST_ROLE_POLICIES, &error))?;
    Ok(names.into_iter().filter(|name| name != POLICY_NAME).collect())
}

async fn attached(iam: &Client, role: &str) -> Result<Vec<String>, CollectError> {
    let rows = iam.list_attached_role_policies().role_name(role).into_paginator().items().send();
    let rows = rows.collect::<Result<Vec<_>, _>>().await;
    let rows = rows.map_err(|error| CollectError::from_sdk(LIST_ATTACHED_ROLE_POLICIES, &error))?;
    Ok(rows.into_iter().map(|policy| policy.policy_arn.or(policy.policy_name).unwrap_or_default()).collect())
}

/// Reads a policy in the encoding of URLs (RFC 3986), as IAM returns it. A plus sign is one.
fn document(operation: &'static str, text: &str) -> Result<Value, CollectError> {
    let unreadable = || CollectError::schema(operation, "the policy is not JSON in the encoding of URLs");
    let escaped = text.replace('+', "%2B");
    let decoded: String = form_urlencoded::parse(escaped.as_bytes()).map(|(text, _)| text).collect();
    serde_json::from_str(&decoded).map_err(|_| unreadable())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_decoded() {
        let text = "%7B%22a%20b%22%3A%22x%2By%3D%26%22%7D";
        assert_eq!(document(GET_ROLE, text).unwrap(), serde_json::json!({ "a b": "x+y=&" }));
        assert!(document(GET_ROLE, "%7B").is_err());
    }
}
