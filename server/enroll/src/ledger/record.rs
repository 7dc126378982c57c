//! One enrollment, as a line of the ledger has it.

use jiff::Timestamp;
use muster_attest::identity::{Facts, Identity, Provider};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The id of one enrollment: `enr-` and letters and digits. Not a secret: it is in tags, logs and the audit log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EnrollmentId(String);

impl EnrollmentId {
    /// The random letters and digits of an id.
    pub(crate) const CHARS: usize = 24;

    pub(crate) fn new(random: &str) -> Self {
        Self(format!("enr-{random}"))
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

/// How far an enrollment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// An operator must approve it.
    AwaitingApproval,
    /// It passed every check. The instance's next attempt requests the activation.
    Admitted,
    /// The systems account is being created.
    Provisioning,
    /// The activation could not be made. An operator must retry it.
    Failed,
    /// The instance got an activation. While it is not used, the instance may ask for another one.
    Enrolled,
    /// An operator reset it: the instance may enroll again, with the same evidence too.
    Reset,
}

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
    pub patch_group: String,
    pub is_approved: bool,
    pub state: State,
    /// One word, if the state is `failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
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
