//! Roles with the policies that Muster gives them (`GetRole`, `GetRolePolicy`).

use crate::wanted::{POLICY_NAME, WantedRole};
use aws_sdk_iam::Client;
use muster_collect::error::CollectError;
use serde_json::Value;
use std::collections::BTreeMap;

const GET_ROLE: &str = "GetRole";
const GET_ROLE_POLICY: &str = "GetRolePolicy";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRole {
    pub trust: Value,
    /// The inline policy of Muster's name.
    pub permissions: Option<Value>,
}

/// Looks each wanted role up.
pub async fn read_roles(iam: &Client, wanted: &[WantedRole]) -> Result<BTreeMap<String, FoundRole>, CollectError> {
    let mut found = BTreeMap::new();
    for role in wanted {
        if let Some(trust) = trust(iam, &role.name).await? {
            let permissions = permissions(iam, &role.name).await?;
            found.insert(role.name.clone(), FoundRole { trust, permissions });
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
