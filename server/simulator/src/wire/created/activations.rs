//! Activations: how hybrid nodes are allowed to register, and RegisterManagedInstance, which their agents call.

use jiff::Timestamp;

use super::*;
use crate::{
    clock,
    created::{Activation, Created, RegistrationRefusal},
};

const LIMITS: Limits = Limits::new(1, 50, 50);
const ROLE_LENGTH_MAX: usize = 64;
const NAME_LENGTH_MAX: usize = 256;
const REGISTRATIONS_MAX: u64 = 1_000;
const DEFAULT_EXPIRY_SECONDS: i64 = 24 * 3_600;
const EXPIRY_SECONDS_MAX: i64 = 30 * 24 * 3_600;
const CODE_DIGITS: usize = 20;

pub(super) fn create(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let now = call.context.now;
    let iam_role = text(&call.input, "IamRole", 0..=ROLE_LENGTH_MAX)?;
    let name = optional_text(&call.input, "DefaultInstanceName").to_owned();
    ApiError::length("defaultInstanceName", name.chars().count(), 0..=NAME_LENGTH_MAX)?;
    let registration_limit = number(&call.input, "RegistrationLimit", 1..=REGISTRATIONS_MAX, Some(1))?;
    let expires_at = match call.input["ExpirationDate"].as_f64() {
        None => now + clock::seconds(DEFAULT_EXPIRY_SECONDS),
        Some(seconds) => Timestamp::from_millisecond((seconds * 1_000.0) as i64).unwrap_or(Timestamp::MIN),
    };
    if expires_at <= now || expires_at > now + clock::seconds(EXPIRY_SECONDS_MAX) {
        return Err(ApiError::ssm("InvalidParameters", "The expiration date must be in the next 30 days."));
    }
    validate(is_service_role(call, &iam_role), &format!("Not existing role: {iam_role}"))?;
    let tags = tags(&call.input)?;
    let scope = call.scope();
    let id = call.site.next_uuid("activation", &scope);
    let code = call.site.next_uuid("code", &scope).replace('-', "").chars().take(CODE_DIGITS).collect::<String>();
    let output = json!({ "ActivationId": id, "ActivationCode": code });
    call.site.activations.push(Activation {
        id,
        code,
        iam_role,
        default_instance_name: name,
        registration_limit,
        registrations: 0,
        created_at: now,
        expires_at,
        tags,
    });
    to_json(&output)
}

/// Whether the role exists and Systems Manager may assume it for this account.
fn is_service_role(call: &Call<'_>, name: &str) -> bool {
    let Some(role) = call.roles.get(name) else { return false };
    let trusts = |statement: &Value| {
        let account = &statement["Condition"]["StringEquals"]["aws:SourceAccount"];
        statement["Principal"]["Service"] == "ssm.amazonaws.com"
            && (account.is_null() || account == call.context.target.systems_account)
    };
    role.trust["Statement"].as_array().is_some_and(|statements| statements.iter().any(trusts))
}

pub(super) fn describe(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let filters = filters(&call.input, "FilterKey", "FilterValues");
    if let Some((key, _)) =
        filters.iter().find(|(key, _)| !matches!(&**key, "ActivationIds" | "DefaultInstanceName" | "IamRole"))
    {
        return Err(ApiError::invalid_filter(key));
    }
    let accepts = |activation: &&Activation| {
        filters.iter().all(|(key, values)| match key.as_str() {
            "ActivationIds" => values.contains(&activation.id),
            "IamRole" => values.contains(&activation.iam_role),
            _ => values.contains(&activation.default_instance_name),
        })
    };
    let (_, pager): (Value, _) = paged_input(call.context, LIMITS)?;
    let found: Vec<&Activation> = call.site.activations.iter().filter(accepts).collect();
    let now = call.context.now;
    pager.respond("ActivationList", "", &found, |activation| {
        json!({
            "ActivationId": activation.id,
            "DefaultInstanceName": activation.default_instance_name,
            "IamRole": activation.iam_role,
            "RegistrationLimit": activation.registration_limit,
            "RegistrationsCount": activation.registrations,
            "ExpirationDate": Epoch(activation.expires_at),
            "Expired": activation.expires_at <= now,
            "CreatedDate": Epoch(activation.created_at),
            "Tags": tag_list(&activation.tags),
        })
    })
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let id = text(&call.input, "ActivationId", 1..=36)?;
    let index = call.site.activations.iter().position(|one| one.id == id);
    let index = index.ok_or_else(|| ApiError::ssm("InvalidActivation", "The activation is not valid."))?;
    call.site.activations.remove(index);
    to_json(&json!({}))
}

/// RegisterManagedInstance, which has no signature: the activation's id and code are all that an agent has.
pub(in crate::wire) fn register(
    created: &mut Created,
    region: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<Vec<u8>, ApiError> {
    let input = unsigned_input(body)?;
    let (id, code) = (text(&input, "ActivationId", 1..=36)?, text(&input, "ActivationCode", 20..=250)?);
    text(&input, "Fingerprint", 1..=2_048)?;
    match created.register(region, &id, &code, now) {
        Ok(instance) => to_json(&json!({ "InstanceId": instance })),
        Err(refusal) => Err(ApiError::ssm(
            "InvalidActivation",
            match refusal {
                RegistrationRefusal::Unknown => "The activation is not valid.",
                RegistrationRefusal::Expired => "The activation has expired.",
                RegistrationRefusal::LimitReached => "The registration limit of the activation is reached.",
            },
        )),
    }
}
