//! One patch on one instance, in one state (Figure 12).

use super::{
    ids::{AccountId, InstanceId},
    provider::Provider,
    service_level::Due,
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// The state of an update, spelled as Systems Manager spells it on the wire.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum UpdateState {
    Failed,
    Missing,
    InstalledPendingReboot,
    AvailableSecurityUpdate,
    InstalledRejected,
    Installed,
    InstalledOther,
    NotApplicable,
    /// A state that AWS added after this was written; shown as it is.
    Other(String),
}

impl UpdateState {
    pub const KNOWN: [Self; 8] = [
        Self::Failed,
        Self::Missing,
        Self::InstalledPendingReboot,
        Self::AvailableSecurityUpdate,
        Self::InstalledRejected,
        Self::Installed,
        Self::InstalledOther,
        Self::NotApplicable,
    ];

    /// Reads the wire's CamelCase and the model's SCREAMING_SNAKE_CASE alike.
    pub fn parse(text: &str) -> Self {
        let folded = |s: &str| s.chars().filter(|c| *c != '_').collect::<String>().to_ascii_lowercase();
        let wanted = folded(text);
        Self::KNOWN
            .into_iter()
            .find(|state| folded(state.code()) == wanted)
            .unwrap_or_else(|| Self::Other(text.to_owned()))
    }

    pub fn code(&self) -> &str {
        match self {
            Self::Failed => "Failed",
            Self::Missing => "Missing",
            Self::InstalledPendingReboot => "InstalledPendingReboot",
            Self::AvailableSecurityUpdate => "AvailableSecurityUpdate",
            Self::InstalledRejected => "InstalledRejected",
            Self::Installed => "Installed",
            Self::InstalledOther => "InstalledOther",
            Self::NotApplicable => "NotApplicable",
            Self::Other(code) => code,
        }
    }

    pub fn label(&self) -> &str {
        match self {
            Self::Failed => "Failed",
            Self::Missing => "Missing",
            Self::InstalledPendingReboot => "Pending reboot",
            Self::AvailableSecurityUpdate => "Available security update",
            Self::InstalledRejected => "Installed, rejected",
            Self::Installed => "Installed",
            Self::InstalledOther => "Installed outside the baseline",
            Self::NotApplicable => "Not applicable",
            Self::Other(code) => code,
        }
    }

    /// Missing or Failed: what *pending OS updates* counts.
    pub fn is_pending(&self) -> bool {
        matches!(self, Self::Missing | Self::Failed)
    }
}

impl From<String> for UpdateState {
    fn from(text: String) -> Self {
        Self::parse(&text)
    }
}

impl From<UpdateState> for String {
    fn from(state: UpdateState) -> String {
        state.code().to_owned()
    }
}

/// One update of one instance. The first six fields are Figure 12; then who it belongs to. The names are the contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateRow {
    pub install_status: UpdateState,
    /// The title, or what is known where the vendor gave none.
    pub description: String,
    pub classification: String,
    /// The KB id or `package.architecture`.
    pub name: String,
    pub severity: String,
    pub install_time: Option<Timestamp>,
    pub instance_id: InstanceId,
    pub instance_name: String,
    pub provider: Provider,
    pub account_id: AccountId,
    pub account_name: String,
    pub customer_id: String,
    pub region: String,
    pub cve_ids: Vec<String>,
    /// When we first saw the update on this instance, in any state.
    pub first_seen_at: Timestamp,
    /// When it last changed its state.
    pub changed_at: Timestamp,
    /// Since when it is Missing or Failed; this and all that follows only while it is.
    pub pending_since: Option<Timestamp>,
    /// Whole days since then.
    pub age_days: Option<u32>,
    /// Where its title tells.
    pub released_on: Option<Date>,
    /// When the baseline of its instance approved it, where that and the release are known.
    pub approved_at: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
    pub due: Option<Due>,
}

/// A missing update over all instances in scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingPatch {
    pub description: String,
    pub name: String,
    pub severity: String,
    pub instances: u64,
    pub accounts: u64,
    pub first_seen_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read_in_both_spellings() {
        assert_eq!(UpdateState::parse("InstalledPendingReboot"), UpdateState::InstalledPendingReboot);
        assert_eq!(UpdateState::parse("INSTALLED_PENDING_REBOOT"), UpdateState::InstalledPendingReboot);
        assert_eq!(UpdateState::parse("MISSING"), UpdateState::Missing);
        assert_eq!(UpdateState::parse("Snoozed"), UpdateState::Other("Snoozed".into()));
    }

    #[test]
    fn only_missing_and_failed_are_pending() {
        let pending: Vec<_> = UpdateState::KNOWN.into_iter().filter(UpdateState::is_pending).collect();
        assert_eq!(pending, [UpdateState::Failed, UpdateState::Missing]);
    }
}
