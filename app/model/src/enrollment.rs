//! What the enrollment server tells the portal: enrollments, the accounts that may enroll, and the start-up scripts.

use crate::provider::Provider;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What the id of an enrollment starts with, and how many letters and digits follow.
pub const ID_PREFIX: &str = "enr-";
pub const ID_CHARS: usize = 24;

/// Whether a text is the id of an enrollment. Systems Manager also calls a node so until somebody gives it a name.
pub fn is_id(text: &str) -> bool {
    let is_random = |it: &str| it.len() == ID_CHARS && it.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.strip_prefix(ID_PREFIX).is_some_and(is_random)
}

/// The shortest secret that the portal and the enrollment server share, in bytes.
pub const SECRET_BYTES_MIN: usize = 32;

/// How far an enrollment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EnrollmentState {
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

impl EnrollmentState {
    /// The word for it on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::AwaitingApproval => "Awaiting approval",
            Self::Admitted => "Admitted",
            Self::Provisioning => "Provisioning",
            Self::Failed => "Failed",
            Self::Enrolled => "Enrolled",
            Self::Reset => "Reset",
        }
    }
}

/// What an operator can do with an enrollment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnrollmentAction {
    Approve,
    Retry,
    Reset,
}

impl EnrollmentAction {
    pub const ALL: [Self; 3] = [Self::Approve, Self::Retry, Self::Reset];

    /// The name in addresses and forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Retry => "retry",
            Self::Reset => "reset",
        }
    }

    /// The action of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }

    /// Whether the action does something in this state.
    pub fn applies_to(self, state: EnrollmentState) -> bool {
        match self {
            Self::Approve => state == EnrollmentState::AwaitingApproval,
            Self::Retry => state == EnrollmentState::Failed,
            Self::Reset => state != EnrollmentState::Reset,
        }
    }
}

impl fmt::Display for EnrollmentAction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// One enrollment of an instance. It holds no secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Enrollment {
    /// `enr-` and 24 letters and digits.
    pub id: String,
    pub provider: Provider,
    /// The provider's own id of the account.
    pub account_id: String,
    /// The provider's own id of the instance, which its evidence proved.
    pub instance: String,
    pub customer_id: String,
    /// What was verified, in words: `EC2 identity document, instance started 2026-11-30T11:02:00Z`.
    pub evidence: String,
    pub patch_group: String,
    /// Set where a label had an unknown value, so that the default patch group applies.
    pub label_note: Option<String>,
    pub state: EnrollmentState,
    /// One word, if the state is `failed`.
    pub failure: Option<String>,
    /// Whether the account had no systems account when this was requested.
    pub requests_systems_account: bool,
    /// The last activation. Its code is stored nowhere.
    pub activation_id: Option<String>,
    /// When the instance got its last activation.
    pub activated_at: Option<Timestamp>,
    /// The Region in which the instance registers.
    pub region: String,
    /// Earlier enrollments of the same instance, oldest first.
    pub earlier: Vec<String>,
    pub requested_at: Timestamp,
    pub changed_at: Timestamp,
}

/// Enrollments, the latest change first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Enrollments {
    pub enrollments: Vec<Enrollment>,
    /// How many there are, of which the list has the first.
    pub total: u64,
}

/// The stage of a systems account that can be used.
pub const READY: &str = "ready";

/// A cloud account that may enroll, and how far its systems account is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrollmentAccount {
    pub provider: Provider,
    pub account_id: String,
    pub account_name: String,
    pub customer_id: String,
    pub customer_name: String,
    /// The Region in which instances register.
    pub region: String,
    /// When an operator must approve, in words.
    pub approval: String,
    /// The AWS account of 12 digits, once there is one.
    pub systems_account: Option<String>,
    /// How far the systems account is: `requested`, `account`, `role`, `ssm`, `ready`. None while nothing was requested.
    pub stage: Option<String>,
    /// Why the systems account could not be created, with what to do.
    pub failure: Option<String>,
    /// Instances that are enrolled or in progress, and how many the customer may enroll in all its accounts.
    pub instances: u64,
    pub instances_max: u32,
    /// When the systems account was last compared with the settings. None if it was not yet.
    pub compared_at: Option<Timestamp>,
    /// What the settings want and the systems account lacks, in the words of the AWS console.
    pub missing: Vec<String>,
    pub drift: Vec<EnrollmentDrift>,
}

/// Something in a systems account that differs from the settings. It is never changed by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrollmentDrift {
    /// None for the account and its roles.
    pub region: Option<String>,
    /// Such as `patch baseline muster-windows-late`.
    pub resource: String,
    pub property: String,
    pub wanted: String,
    pub found: String,
}

/// What an instance's owner needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrollmentGuide {
    /// The address of the enrollment server, without a slash at the end.
    pub server: String,
    pub patching_label: String,
    pub patch_group_label: String,
    pub patch_groups: Vec<String>,
    pub default_patch_group: String,
    pub scripts: Vec<EnrollmentScript>,
}

/// A start-up script with its settings filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrollmentScript {
    /// `Linux` or `Windows`.
    pub system: String,
    /// Its address at the enrollment server, which has the first digits of its hash, so that its content never changes.
    pub url: String,
    /// 64 hexadecimal digits.
    pub sha256: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_its_prefix_and_24_letters_and_digits() {
        assert!(is_id("enr-2DPxZ2YvyEy97vqo7VCklk8S"));
        for other in [
            "",
            "enr-",
            "enr-2DPxZ2YvyEy97vqo7VCklk8",
            "enr-2DPxZ2YvyEy97vqo7VCklk8S1",
            "enr-2DPxZ2YvyEy97vqo7VC-lk8S",
            "web-01",
        ] {
            assert!(!is_id(other), "{other}");
        }
    }
}
