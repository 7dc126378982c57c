//! One enrollment, as a line of the ledger has it.

use crate::labels::LabelNote;
use jiff::Timestamp;
use muster_attest::identity::{Facts, Identity, Provider};
pub use muster_model::enrollment::EnrollmentState as State;
use muster_model::{
    enrollment::{Enrollment, ID_PREFIX},
    provider,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The id of one enrollment: `enr-` and letters and digits. Not a secret: it is in tags, logs and the audit log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EnrollmentId(String);

impl EnrollmentId {
    pub(crate) fn new(random: &str) -> Self {
        Self(format!("{ID_PREFIX}{random}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for EnrollmentId {
    /// The id that somebody typed, which may be that of no enrollment.
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for EnrollmentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The longest description of evidence.
const EVIDENCE_CHARS_MAX: usize = 200;

/// What makes an instance unique: `(provider, owner, instance)`. The owner is the account, and for signed tokens the issuer,
/// because a vCenter keeps UUIDs unique over all its accounts.
pub(crate) type Key = (Provider, String, String);

/// The last state of one enrollment. It holds no secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub id: EnrollmentId,
    pub provider: Provider,
    /// The provider's own id of the account.
    pub account: String,
    pub instance: String,
    pub customer: String,
    /// The issuer and the id of a signed token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<(String, String)>,
    /// EC2 only: when the instance was last started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_time: Option<Timestamp>,
    /// Whether the account had no systems account when this was requested.
    pub requests_systems_account: bool,
    /// What was verified, in words. Empty in lines of earlier versions, as is the Region.
    #[serde(default)]
    pub evidence: String,
    /// The Region in which the instance registers.
    #[serde(default)]
    pub region: String,
    pub patch_group: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_note: Option<LabelNote>,
    pub is_approved: bool,
    pub state: State,
    /// One word, if the state is `failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The last activation. Its code is never kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation_id: Option<String>,
    /// When the instance got its last activation. `None` once it is known that an activation was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_at: Option<Timestamp>,
    /// Earlier enrollments of the instance, whose activations the next one replaces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<EnrollmentId>,
    pub requested_at: Timestamp,
    pub changed_at: Timestamp,
}

impl Record {
    pub(crate) fn key(&self) -> Key {
        let owner = self.token.as_ref().map_or(&self.account, |(issuer, _)| issuer);
        (self.provider, owner.clone(), self.instance.clone())
    }
}

impl From<&Record> for Enrollment {
    fn from(record: &Record) -> Self {
        Self {
            id: record.id.to_string(),
            provider: provider::Provider::new(record.provider.name()),
            account_id: record.account.clone(),
            instance: record.instance.clone(),
            customer_id: record.customer.clone(),
            evidence: record.evidence.clone(),
            patch_group: record.patch_group.clone(),
            label_note: record.label_note.map(|note| note.to_string()),
            state: record.state,
            failure: record.failure.clone(),
            requests_systems_account: record.requests_systems_account,
            activation_id: record.activation_id.clone(),
            activated_at: record.activated_at,
            region: record.region.clone(),
            earlier: record.earlier.iter().map(EnrollmentId::to_string).collect(),
            requested_at: record.requested_at,
            changed_at: record.changed_at,
        }
    }
}

/// What was verified, in words.
pub(crate) fn evidence_of(identity: &Identity) -> String {
    let text = match &identity.facts {
        Facts::Ec2 { pending_time, .. } => format!("EC2 identity document, instance started {pending_time}"),
        Facts::Azure { .. } => "Azure attested document".to_owned(),
        Facts::Google { project_number, .. } => format!("Google Cloud identity token, project {project_number}"),
        Facts::SignedToken { issuer, moref: Some(moref), .. } => format!("token of {issuer} ({moref})"),
        Facts::SignedToken { issuer, .. } => format!("token of {issuer}"),
    };
    text.chars().take(EVIDENCE_CHARS_MAX).collect()
}

/// The key of an identity.
pub(crate) fn key_of(identity: &Identity) -> Key {
    let owner = token_of(identity).map_or_else(|| identity.account.clone(), |(issuer, _)| issuer);
    (identity.provider, owner, identity.instance.clone())
}

/// The issuer and the id of the signed token that an identity is from.
pub(crate) fn token_of(identity: &Identity) -> Option<(String, String)> {
    match &identity.facts {
        Facts::SignedToken { issuer, token_id, .. } => Some((issuer.clone(), token_id.clone())),
        _ => None,
    }
}

pub(crate) fn pending_time_of(identity: &Identity) -> Option<Timestamp> {
    match &identity.facts {
        Facts::Ec2 { pending_time, .. } => Some(*pending_time),
        _ => None,
    }
}
