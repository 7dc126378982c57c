//! STS: requests in the query protocol, responses in XML. Roles trust only the portal, and only with their ExternalId.

use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;
use serde_json::Value;

use super::{
    error::ApiError,
    fault::FaultKind,
    response::{XML, escape, response},
    service::Service,
    sessions::{Caller, Identity},
    state::{HUB_ACCOUNT, Shared, hub_user_arn, lock},
};
use crate::{
    created::CreatedAccount,
    estate::{Account, Estate, ROLE_NAME, inventory::iso_seconds},
};

const DURATION_SECONDS_MIN: i64 = 900;
const DURATION_SECONDS_DEFAULT: i64 = 3_600;
/// The limit of role chaining, because the portal has a role of its own.
const DURATION_SECONDS_MAX: i64 = 3_600;

const SESSION_POLICY_LENGTH_MAX: usize = 2_048;

/// The account that GetCallerIdentity returns under [`FaultKind::WrongAccount`].
const WRONG_ACCOUNT: &str = "999999999999";

pub(super) fn action(body: &[u8]) -> String {
    parameter(body, "Action").unwrap_or_default()
}

/// The systems account in the role of an AssumeRole request. Empty for other actions.
pub(super) fn role_account(body: &[u8]) -> String {
    account_of(&parameter(body, "RoleArn").unwrap_or_default()).to_owned()
}

fn account_of(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

pub(super) fn assumed_role_arn(systems_account: &str, role: &str, session_name: &str) -> String {
    format!("arn:aws:sts::{systems_account}:assumed-role/{role}/{session_name}")
}

pub(super) fn respond(
    shared: &Shared,
    caller: &Caller,
    body: &[u8],
    request_id: &str,
    fault: Option<&FaultKind>,
) -> Result<Response, ApiError> {
    let xml = match action(body).as_str() {
        "AssumeRole" => assume_role(shared, caller, body, request_id, fault)?,
        "GetCallerIdentity" => caller_identity(caller, request_id, fault == Some(&FaultKind::WrongAccount)),
        other => {
            let message = format!("Could not find operation {other} for version 2011-06-15");
            return Err(ApiError::common(StatusCode::BAD_REQUEST, "InvalidAction", message));
        }
    };
    Ok(response(StatusCode::OK, XML, request_id, xml.into_bytes()))
}

fn assume_role(
    shared: &Shared,
    caller: &Caller,
    body: &[u8],
    request_id: &str,
    fault: Option<&FaultKind>,
) -> Result<String, ApiError> {
    let role_arn = parameter(body, "RoleArn").ok_or_else(|| invalid("Value null at 'roleArn'"))?;
    let session_name = parameter(body, "RoleSessionName").ok_or_else(|| invalid("Value null at 'roleSessionName'"))?;
    if !is_session_name(&session_name) {
        return Err(invalid("Value at 'roleSessionName' failed to satisfy constraint: [\\w+=,.@-]*, 2 to 64"));
    }
    let duration = duration(body)?;
    let policy = session_policy(body)?;
    // None: any ExternalId is accepted.
    let external_id = match fault {
        Some(FaultKind::AnyExternalId) => None,
        _ => Some(parameter(body, "ExternalId").unwrap_or_default()),
    };
    let (systems_account, role) =
        role_of(shared, caller, &role_arn, external_id.as_deref(), fault).ok_or_else(|| {
            let mut error = Service::Sts.denied("", "AssumeRole");
            error.message.push_str(&format!(" on resource: {role_arn}"));
            error
        })?;
    let name: Arc<str> = session_name.as_str().into();
    let identity =
        Identity::Role { systems_account: systems_account.clone(), role: role.clone(), session_name: name, policy };
    let session = lock(&shared.sessions).create(identity, duration, caller.clock);
    Ok(format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n<AssumeRoleResult>\n\
         <AssumedRoleUser><AssumedRoleId>AROAMUSTERSIMULATOR00:{name}</AssumedRoleId><Arn>{arn}</Arn></AssumedRoleUser>\n\
         <Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>\
         <SessionToken>{token}</SessionToken><Expiration>{expiration}</Expiration></Credentials>\n\
         <PackedPolicySize>0</PackedPolicySize>\n</AssumeRoleResult>\n\
         <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>\n</AssumeRoleResponse>\n",
        name = escape(&session_name),
        arn = escape(&assumed_role_arn(&systems_account, &role, &session_name)),
        key = session.access_key_id,
        secret = session.secret_access_key,
        token = session.token,
        expiration = iso_seconds(session.expires_at),
    ))
}

/// The account and the name of a role that the caller may assume.
fn role_of(
    shared: &Shared,
    caller: &Caller,
    role_arn: &str,
    external_id: Option<&str>,
    fault: Option<&FaultKind>,
) -> Option<(Arc<str>, Arc<str>)> {
    if let Some(account) = lock(&shared.created).account(account_of(role_arn)) {
        let role = role_arn.strip_prefix(&format!("arn:aws:iam::{}:role/", account.id))?;
        return is_trusted(account, role, caller, external_id).then(|| (account.id.as_str().into(), role.into()));
    }
    let estate = shared.estate();
    let account = assumable_account(&estate, caller, role_arn, external_id)?;
    let systems_account = match fault {
        Some(FaultKind::RoleLeadsElsewhere) => next_account(&estate, account),
        _ => account.systems_account.clone(),
    };
    Some((systems_account, ROLE_NAME.into()))
}

/// Whether a role of a created account trusts the caller: the administrator's trusts the management account, and others
/// the principal and the ExternalId that their policies name.
fn is_trusted(account: &CreatedAccount, role: &str, caller: &Caller, external_id: Option<&str>) -> bool {
    if caller.identity != Identity::Hub {
        return false;
    }
    let trusts = |statement: &Value| {
        let required = &statement["Condition"]["StringEquals"]["sts:ExternalId"];
        statement["Principal"]["AWS"] == hub_user_arn()
            && (required.is_null() || external_id.is_none_or(|id| *required == *id))
    };
    let policy = account.roles.get(role).and_then(|role| role.trust["Statement"].as_array());
    role == account.admin_role || policy.is_some_and(|statements| statements.iter().any(trusts))
}

/// The account of a role, if its trust policy admits the caller. Without an ExternalId the policy requires none.
fn assumable_account<'a>(
    estate: &'a Estate,
    caller: &Caller,
    role_arn: &str,
    external_id: Option<&str>,
) -> Option<&'a Account> {
    let account = estate.account(account_of(role_arn)).filter(|account| account.role_arn() == role_arn)?;
    let is_trusted = external_id.is_none_or(|id| account.trusted_external_id == id);
    let is_denied = account.problem("AssumeRole", estate.today()).is_some();
    (caller.identity == Identity::Hub && is_trusted && !is_denied).then_some(account)
}

/// The next systems account of the estate, or the same one if there is no other.
fn next_account(estate: &Estate, account: &Account) -> Arc<str> {
    let mut accounts =
        estate.accounts().iter().cycle().skip_while(|one| one.systems_account != account.systems_account);
    accounts.nth(1).unwrap_or(account).systems_account.clone()
}

/// The policy that narrows the session.
fn session_policy(body: &[u8]) -> Result<Option<Arc<Value>>, ApiError> {
    let Some(text) = parameter(body, "Policy") else { return Ok(None) };
    let malformed = || {
        let message = "The policy is not in the valid JSON format.";
        ApiError::common(StatusCode::BAD_REQUEST, "MalformedPolicyDocument", message)
    };
    if text.len() > SESSION_POLICY_LENGTH_MAX {
        return Err(invalid(&format!(
            "Value at 'policy' must have length less than or equal to {SESSION_POLICY_LENGTH_MAX}"
        )));
    }
    let policy: Value = serde_json::from_str(&text).map_err(|_| malformed())?;
    if policy["Statement"].is_array() { Ok(Some(Arc::new(policy))) } else { Err(malformed()) }
}

fn duration(body: &[u8]) -> Result<i64, ApiError> {
    let Some(requested) = parameter(body, "DurationSeconds") else { return Ok(DURATION_SECONDS_DEFAULT) };
    match requested.parse() {
        Ok(seconds) if seconds > DURATION_SECONDS_MAX => Err(validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        )),
        Ok(seconds) if seconds >= DURATION_SECONDS_MIN => Ok(seconds),
        _ => Err(invalid(&format!("Value '{requested}' at 'durationSeconds' must be at least {DURATION_SECONDS_MIN}"))),
    }
}

fn caller_identity(caller: &Caller, request_id: &str, wrong_account: bool) -> String {
    let (account, arn, user) = match &caller.identity {
        Identity::Hub => (HUB_ACCOUNT, hub_user_arn(), "AIDAMUSTERSIMULATOR00".to_owned()),
        Identity::Role { systems_account, role, session_name, .. } => {
            let account = if wrong_account { WRONG_ACCOUNT } else { &**systems_account };
            let arn = assumed_role_arn(account, role, session_name);
            (account, arn, format!("AROAMUSTERSIMULATOR00:{session_name}"))
        }
    };
    format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n<GetCallerIdentityResult>\n\
         <Arn>{}</Arn><UserId>{}</UserId><Account>{account}</Account>\n</GetCallerIdentityResult>\n\
         <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>\n</GetCallerIdentityResponse>\n",
        escape(&arn),
        escape(&user)
    )
}

fn is_session_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    (2..=64).contains(&name.len()) && name.bytes().all(allowed)
}

pub(super) fn parameter(body: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(body).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn invalid(detail: &str) -> ApiError {
    validation(&format!("1 validation error detected: {detail}"))
}

fn validation(message: &str) -> ApiError {
    ApiError::common(StatusCode::BAD_REQUEST, "ValidationError", message)
}
