//! What pages show of enrollment: the answers of the enrollment server within the caller's scope, or why there are none.

use crate::{
    code::codes,
    enrollment::{Enrollment, EnrollmentAccount, EnrollmentGuide, Enrollments},
    instance::InstanceRow,
    provider::Provider,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray};

/// Which enrollments are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum EnrollmentList {
    /// Those that wait for an operator, or for the systems account.
    #[default]
    #[strum(message = "Pending")]
    Pending,
    #[strum(message = "Failed")]
    Failed,
    /// Those that got an activation, and those that were reset.
    #[strum(message = "Done")]
    Done,
}

codes!(all EnrollmentList);

/// Why nothing is known of enrollments at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum EnrollmentOutage {
    /// It could not be connected, or did not answer in time.
    #[error("the enrollment server did not answer")]
    Unreachable,
    /// It does not accept the portal's secret.
    #[error("the enrollment server does not accept the secret of the portal")]
    Unauthorized,
    /// It answered with an error, or with what the portal cannot read.
    #[error("the enrollment server answered with an error, or with something that the portal cannot read")]
    Unusable,
    /// The caller looks at a past day. Enrollment has only a present.
    #[error("enrollment is shown as it is now, not as of a past day")]
    PastDay,
}

impl EnrollmentOutage {
    /// What an operator does about it.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Unreachable => {
                "Check that muster enroll is running, and that the portal reaches it at the address in enrollment_url."
            }
            Self::Unauthorized => {
                "Check that enrollment_secret_file of the portal has the secret of the enrollment server, then restart the portal."
            }
            Self::Unusable => {
                "Check that enrollment_url is the address of the enrollment server, that both have the same version, and its log."
            }
            Self::PastDay => "View the present.",
        }
    }
}

/// The page about enrolling: the accounts in the caller's scope, and everything about the one that is chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrollmentPage {
    pub now: Timestamp,
    pub guide: EnrollmentGuide,
    /// The accounts that the filter selects.
    pub accounts: Vec<EnrollmentAccount>,
    /// The enrollments that are pending and that failed, if the filter selects one account.
    pub pending: Enrollments,
    pub failed: Enrollments,
}

/// The enrollments of a list, with the names of their accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrollmentQueuePage {
    pub now: Timestamp,
    pub rows: Vec<NamedEnrollment>,
    /// How many there are, of which `rows` has the first.
    pub total: u64,
}

/// One enrollment, with the names of its account and its customer: their ids, where the account may no longer enroll.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedEnrollment {
    pub enrollment: Enrollment,
    pub account_name: String,
    pub customer_name: String,
}

/// The tags that provisioning gives a managed node, by which it is found among the enrollments.
const TAGS: [&str; 3] = ["muster:provider", "muster:account", "muster:instance"];

/// The identity with which an instance was enrolled, as the tags of its managed node name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrolledAs {
    pub provider: Provider,
    pub account_id: String,
    pub instance: String,
}

impl EnrolledAs {
    /// None unless all three tags are there and not empty.
    pub fn of_tags(tags: &[(String, String)]) -> Option<Self> {
        let value = |name| tags.iter().find(|(key, value)| key == name && !value.is_empty());
        let [Some(provider), Some(account), Some(instance)] = TAGS.map(value) else { return None };
        let (account_id, instance) = (account.1.clone(), instance.1.clone());
        Some(Self { provider: Provider::new(&provider.1), account_id, instance })
    }

    /// Whether an enrollment is of this identity and of the customer of the instance. Tags can be edited, so they alone decide
    /// nothing.
    pub fn is_of(&self, enrollment: &Enrollment, row: &InstanceRow) -> bool {
        enrollment.provider == self.provider
            && enrollment.account_id == self.account_id
            && enrollment.instance == self.instance
            && enrollment.customer_id == row.customer_id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_needs_all_three_tags() {
        let tags = |tags: &[(&str, &str)]| {
            let tags: Vec<_> = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            EnrolledAs::of_tags(&tags)
        };
        let whole = [("muster:provider", "gcp"), ("muster:account", "731"), ("Name", "a"), ("muster:instance", "41")];
        let found = tags(&whole).expect("an identity");
        assert_eq!((found.provider.code(), &*found.account_id, &*found.instance), ("gcp", "731", "41"));
        assert_eq!(tags(&whole[..3]), None);
        assert_eq!(tags(&[whole[0], whole[1], ("muster:instance", "")]), None);
    }
}
