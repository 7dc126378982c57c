//! IAM: roles of created accounts and their inline policies, in the query protocol.

use axum::response::Response;
use http::StatusCode;
use serde_json::Value;

use super::{
    error::ApiError,
    response::{XML, escape, response},
    sts::parameter,
};
use crate::{
    created::{CreatedAccount, Role, Tags},
    random::Random,
};

/// The version of IAM's interface, which tells its requests from those of STS.
pub(super) const VERSION: &str = "2010-05-08";

const ROLE_NAME_LENGTH_MAX: usize = 64;
const TRUST_POLICY_LENGTH_MAX: usize = 2_048;
/// Of all inline policies of one role together.
const INLINE_POLICIES_LENGTH_MAX: usize = 10_240;
const ROLES_MAX: usize = 1_000;
const TAGS_MAX: usize = 50;

pub(super) fn respond(
    account: &mut CreatedAccount,
    operation: &str,
    body: &[u8],
    request_id: &str,
) -> Result<Response, ApiError> {
    let result = match operation {
        "GetRole" => role_xml(account, existing(account, body)?),
        "CreateRole" => create_role(account, body)?,
        "GetRolePolicy" => get_role_policy(account, body)?,
        "ListRolePolicies" => list_role_policies(account, body)?,
        "ListAttachedRolePolicies" => list_attached(account, body)?,
        "PutRolePolicy" => put_role_policy(account, body)?,
        "TagRole" => tag_role(account, body)?,
        other => {
            let message = format!("Could not find operation {other} for version {VERSION}");
            return Err(ApiError::common(StatusCode::BAD_REQUEST, "InvalidAction", message));
        }
    };
    let result = match result.as_str() {
        "" => String::new(),
        inner => format!("<{operation}Result>{inner}</{operation}Result>"),
    };
    let xml = format!(
        "<{operation}Response xmlns=\"https://iam.amazonaws.com/doc/{VERSION}/\">{result}<ResponseMetadata><RequestId>\
         {request_id}</RequestId></ResponseMetadata></{operation}Response>"
    );
    Ok(response(StatusCode::OK, XML, request_id, xml.into_bytes()))
}

fn role_name(body: &[u8]) -> Result<String, ApiError> {
    let name = parameter(body, "RoleName").unwrap_or_default();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if name.is_empty() || name.len() > ROLE_NAME_LENGTH_MAX || !name.bytes().all(allowed) {
        return Err(ApiError::common(
            StatusCode::BAD_REQUEST,
            "ValidationError",
            "The value of RoleName is not valid.",
        ));
    }
    Ok(name)
}

fn existing<'a>(account: &'a CreatedAccount, body: &[u8]) -> Result<(String, &'a Role), ApiError> {
    let name = role_name(body)?;
    match account.roles.get(&name) {
        Some(role) => Ok((name, role)),
        None => Err(no_such_entity(&format!("The role with name {name} cannot be found."))),
    }
}

fn no_such_entity(message: &str) -> ApiError {
    ApiError::common(StatusCode::NOT_FOUND, "NoSuchEntity", message)
}

fn limit_exceeded(message: &str) -> ApiError {
    ApiError::common(StatusCode::CONFLICT, "LimitExceeded", message)
}

fn policy(body: &[u8], parameter_name: &str) -> Result<Value, ApiError> {
    let text = parameter(body, parameter_name).unwrap_or_default();
    let malformed = || {
        ApiError::common(
            StatusCode::BAD_REQUEST,
            "MalformedPolicyDocument",
            "The policy is not in the valid JSON format.",
        )
    };
    let policy: Value = serde_json::from_str(&text).map_err(|_| malformed())?;
    if policy["Statement"].is_array() { Ok(policy) } else { Err(malformed()) }
}

fn create_role(account: &mut CreatedAccount, body: &[u8]) -> Result<String, ApiError> {
    let name = role_name(body)?;
    let trust = policy(body, "AssumeRolePolicyDocument")?;
    if trust.to_string().len() > TRUST_POLICY_LENGTH_MAX {
        return Err(limit_exceeded("Cannot exceed quota for ACLSizePerRole: 2048"));
    }
    if account.roles.contains_key(&name) {
        let message = format!("Role with name {name} already exists.");
        return Err(ApiError::common(StatusCode::CONFLICT, "EntityAlreadyExists", message));
    }
    if account.roles.len() >= ROLES_MAX {
        return Err(limit_exceeded("Cannot exceed quota for RolesPerAccount: 1000"));
    }
    let id = Random::labelled(account.roles.len() as u64, &format!("{}/{name}", account.id)).hex(17).to_uppercase();
    let role = Role { id: format!("AROA{id}"), trust, tags: tags(body)?, ..Role::default() };
    let xml = role_xml(account, (name.clone(), &role));
    account.roles.insert(name, role);
    Ok(xml)
}

fn tags(body: &[u8]) -> Result<Tags, ApiError> {
    let tag = |index: usize| {
        let key = parameter(body, &format!("Tags.member.{index}.Key"))?;
        Some((key, parameter(body, &format!("Tags.member.{index}.Value")).unwrap_or_default()))
    };
    let tags: Tags = (1..).map_while(tag).collect();
    if tags.len() > TAGS_MAX { Err(limit_exceeded("Cannot exceed quota for TagsPerRole: 50")) } else { Ok(tags) }
}

fn tag_role(account: &mut CreatedAccount, body: &[u8]) -> Result<String, ApiError> {
    let (name, _) = existing(account, body)?;
    let tags = tags(body)?;
    if let Some(role) = account.roles.get_mut(&name) {
        role.tags.retain(|(key, _)| !tags.iter().any(|(other, _)| other == key));
        role.tags.extend(tags);
    }
    Ok(String::new())
}

fn role_xml(account: &CreatedAccount, (name, role): (String, &Role)) -> String {
    let tag = |(key, value): &(String, String)| {
        format!("<member><Key>{}</Key><Value>{}</Value></member>", escape(key), escape(value))
    };
    format!(
        "<Role><Path>/</Path><RoleName>{name}</RoleName><RoleId>{}</RoleId><Arn>arn:aws:iam::{}:role/{name}</Arn>\
         <CreateDate>{}</CreateDate><AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument><Tags>{}</Tags></Role>",
        role.id,
        account.id,
        account.joined_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        url_encoded(&role.trust),
        role.tags.iter().map(tag).collect::<String>(),
    )
}

/// IAM returns policies in the encoding of URLs (RFC 3986), where a space is `%20`.
fn url_encoded(policy: &Value) -> String {
    let text = policy.to_string();
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

fn put_role_policy(account: &mut CreatedAccount, body: &[u8]) -> Result<String, ApiError> {
    let (name, role) = existing(account, body)?;
    let policy_name = parameter(body, "PolicyName").unwrap_or_default();
    let policy = policy(body, "PolicyDocument")?;
    let others = role.policies.iter().filter(|(other, _)| **other != policy_name);
    let length: usize = others.map(|(_, other)| other.to_string().len()).sum();
    if length + policy.to_string().len() > INLINE_POLICIES_LENGTH_MAX {
        return Err(limit_exceeded(&format!(
            "Maximum policy size of {INLINE_POLICIES_LENGTH_MAX} bytes exceeded for role {name}"
        )));
    }
    if let Some(role) = account.roles.get_mut(&name) {
        role.policies.insert(policy_name, policy);
    }
    Ok(String::new())
}

fn list_role_policies(account: &CreatedAccount, body: &[u8]) -> Result<String, ApiError> {
    let (_, role) = existing(account, body)?;
    let names: String = role.policies.keys().map(|name| format!("<member>{}</member>", escape(name))).collect();
    Ok(format!("<PolicyNames>{names}</PolicyNames><IsTruncated>false</IsTruncated>"))
}

fn list_attached(account: &CreatedAccount, body: &[u8]) -> Result<String, ApiError> {
    let (_, role) = existing(account, body)?;
    let member = |arn: &String| {
        let name = arn.rsplit('/').next().unwrap_or_default();
        format!("<member><PolicyName>{}</PolicyName><PolicyArn>{}</PolicyArn></member>", escape(name), escape(arn))
    };
    let policies: String = role.attached.iter().map(member).collect();
    Ok(format!("<AttachedPolicies>{policies}</AttachedPolicies><IsTruncated>false</IsTruncated>"))
}

fn get_role_policy(account: &CreatedAccount, body: &[u8]) -> Result<String, ApiError> {
    let (name, role) = existing(account, body)?;
    let policy_name = parameter(body, "PolicyName").unwrap_or_default();
    let policy = role.policies.get(&policy_name);
    let policy =
        policy.ok_or_else(|| no_such_entity(&format!("The role policy with name {policy_name} cannot be found.")))?;
    Ok(format!(
        "<RoleName>{name}</RoleName><PolicyName>{}</PolicyName><PolicyDocument>{}</PolicyDocument>",
        escape(&policy_name),
        url_encoded(policy)
    ))
}
