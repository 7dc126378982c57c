//! Creates roles and their inline policies. Both have a name that is unique in the account, so repeating them is harmless.

use crate::{
    operations::{CREATE_ROLE, PUT_ROLE_POLICY},
    step::Step,
    wanted::{CREATED_BY, POLICY_NAME},
};
use aws_sdk_iam::{Client, types::Tag};
use muster_collect::error::CollectError;

/// Carries out a step about roles. Other steps are not for IAM.
pub async fn apply_to_roles(iam: &Client, step: &Step) -> Result<(), CollectError> {
    match step {
        Step::CreateRole(role) => {
            let tag = Tag::builder().key(CREATED_BY.0).value(CREATED_BY.1).build();
            let tag = tag.map_err(|error| CollectError::schema(CREATE_ROLE, error.to_string()))?;
            let request = iam.create_role().role_name(&role.name).description(role.description).tags(tag);
            match request.assume_role_policy_document(role.trust.to_string()).send().await {
                Ok(_) => Ok(()),
                // An attempt whose reply was lost.
                Err(error)
                    if error.as_service_error().is_some_and(|error| error.is_entity_already_exists_exception()) =>
                {
                    Ok(())
                }
                Err(error) => Err(CollectError::from_sdk(CREATE_ROLE, &error)),
            }
        }
        Step::PutRolePolicy(role) => {
            let request = iam.put_role_policy().role_name(&role.name).policy_name(POLICY_NAME);
            let answer = request.policy_document(role.permissions.to_string()).send().await;
            answer.map(drop).map_err(|error| CollectError::from_sdk(PUT_ROLE_POLICY, &error))
        }
        other => Err(CollectError::schema(CREATE_ROLE, format!("not a step about roles: {other}"))),
    }
}
