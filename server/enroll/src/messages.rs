//! The JSON of requests and answers. Unknown members of requests are refused.

use crate::{labels::LabelNote, ledger::record::State, os::OperatingSystem};
use muster_attest::identity::Provider;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The longest time after which an instance is asked to try again, in seconds.
pub const RETRY_AFTER_SECONDS_MAX: u64 = 999;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChallengeRequest {
    pub provider: Provider,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ChallengeAnswer {
    /// 43 letters and digits, for one use. A secret: it also opens the status of the enrollment.
    pub challenge_id: String,
    /// 32 letters and digits. Azure's evidence repeats it.
    pub nonce: String,
    /// The audience that evidence must have. Google's ends with the nonce.
    pub aud: String,
    /// How long evidence is accepted, in seconds.
    pub expires_in: i64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttestRequest {
    pub challenge_id: String,
    pub provider: Provider,
    /// `{"rsa2048": …}` for aws, `{"signature": …, "intermediates": […]}` for azure, and `{"token": …}` for the others.
    #[schema(value_type = Object)]
    pub evidence: Box<RawValue>,
    pub os: OperatingSystem,
    /// Labels of the instance. Two of them are read. At most 64, with names and values of at most 256 bytes.
    pub labels: BTreeMap<String, String>,
}

/// An activation, or when to ask for it again.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum AttestAnswer {
    Activation(ActivationAnswer),
    Provisioning(ProvisioningAnswer),
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ActivationAnswer {
    pub activation_id: String,
    /// Handed out once.
    #[schema(value_type = String)]
    #[serde(serialize_with = "reveal")]
    pub activation_code: SecretString,
    /// The Region to register in.
    pub region: String,
    pub enrollment_id: String,
    pub patch_group: String,
    /// Why the patch group is the default one although the instance has a label, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_note: Option<LabelNote>,
}

/// The identity is not used up: the instance starts again, with a new challenge.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProvisioningAnswer {
    /// Always `provisioning`.
    pub status: &'static str,
    /// What it waits for: `approval`, `systems_account` or `other_attempt`.
    pub reason: &'static str,
    /// In seconds, 1 to 999.
    pub retry_after: u64,
    pub enrollment_id: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct StatusAnswer {
    /// `open`, `in_progress`, `refused`, or the state of the enrollment: `awaiting_approval`, `admitted`, `provisioning`,
    /// `failed`, `enrolled` or `reset`.
    pub status: &'static str,
    /// The code of the refusal or failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enrollment_id: Option<String>,
}

/// The operator whom the portal authenticated.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OperatorRequest {
    /// The stable id, 1 to 255 bytes. The audit log has it.
    pub subject: String,
    pub name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetRequest {
    /// As in `OperatorRequest`.
    pub subject: String,
    pub name: String,
    /// 1 to 500 ids of enrollments.
    pub ids: Vec<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ResetAnswer {
    /// The ids that were reset.
    pub reset: Vec<String>,
    pub refused: Vec<RefusedReset>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct RefusedReset {
    pub id: String,
    /// `not_found`, `wrong_state`, `in_progress` or `unavailable`.
    pub code: &'static str,
    /// For people.
    pub message: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct HealthAnswer {
    /// `ok`, or `unavailable` with status 503 if the audit log cannot be written.
    pub status: &'static str,
    /// `current`, or `outdated` while the file has an error and the last valid one is in use.
    pub registry: &'static str,
}

/// An error in the form of all of the portal's errors.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes `muster_http::error_body`, which knows no OpenAPI")]
pub(crate) struct ErrorAnswer {
    pub error: ErrorMembers,
    pub request_id: String,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "describes `muster_http::error_body`, which knows no OpenAPI")]
pub(crate) struct ErrorMembers {
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
}

/// The one place that writes an activation code: the answer to the instance.
fn reveal<S: Serializer>(code: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.expose_secret())
}

pub(crate) fn state_name(state: State) -> &'static str {
    match state {
        State::AwaitingApproval => "awaiting_approval",
        State::Admitted => "admitted",
        State::Provisioning => "provisioning",
        State::Failed => "failed",
        State::Enrolled => "enrolled",
        State::Reset => "reset",
    }
}
