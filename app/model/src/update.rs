//! One patch on one instance, in one state (Figure 12).

use super::{AccountId, Due, InstanceId, Provider, SeverityBand, column::Columns};
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
    /// A state that is unknown to this version; shown as it is.
    Other(String),
}

impl UpdateState {
    /// The known states with their codes and labels: what needs work first.
    pub const KNOWN: [(&'static str, &'static str, Self); 8] = [
        ("Failed", "Failed", Self::Failed),
        ("Missing", "Missing", Self::Missing),
        ("InstalledPendingReboot", "Pending reboot", Self::InstalledPendingReboot),
        ("AvailableSecurityUpdate", "Available, waiting", Self::AvailableSecurityUpdate),
        ("InstalledRejected", "Installed, rejected", Self::InstalledRejected),
        ("Installed", "Installed", Self::Installed),
        ("InstalledOther", "Installed outside the baseline", Self::InstalledOther),
        ("NotApplicable", "Not applicable", Self::NotApplicable),
    ];

    /// Reads the wire's CamelCase and the model's SCREAMING_SNAKE_CASE alike.
    pub fn parse(text: &str) -> Self {
        let folded = |s: &str| s.chars().filter(|c| *c != '_').collect::<String>().to_ascii_lowercase();
        let wanted = folded(text);
        let known = Self::KNOWN.into_iter().find(|(code, ..)| *code == text || folded(code) == wanted);
        known.map_or_else(|| Self::Other(text.to_owned()), |(_, _, state)| state)
    }

    pub fn code(&self) -> &str {
        self.words().0
    }

    pub fn label(&self) -> &str {
        self.words().1
    }

    fn words(&self) -> (&str, &str) {
        match self {
            Self::Other(code) => (code, code),
            state => {
                let known = Self::KNOWN.into_iter().find(|(.., known)| known == state);
                known.map_or(("", ""), |(code, label, _)| (code, label))
            }
        }
    }

    /// What *pending OS updates* counts.
    pub const PENDING: [Self; 2] = [Self::Missing, Self::Failed];

    pub fn is_pending(&self) -> bool {
        Self::PENDING.contains(self)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for UpdateState {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        String::schema()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for UpdateState {}

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

/// One update of one instance. The first six fields are Figure 12; then follows whose it is. The names are the contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdateRow {
    /// Sorted by what needs work first: failed, missing, pending reboot, then the others; the most severe within each.
    #[column(heading = "Install status", sort = desc, default)]
    pub install_status: UpdateState,
    /// The title, or the name where the vendor gave none.
    #[column(heading = "Description", class = "wide-text", sort)]
    pub description: String,
    #[column(heading = "Classification", class = "detail", sort)]
    pub classification: String,
    /// The KB id or `package.architecture`.
    #[column(heading = "Name", class = "mono", sort)]
    pub name: String,
    #[column(heading = "Severity", sort = desc)]
    pub severity: String,
    #[column(heading = "Install time (UTC)", sort = desc)]
    pub install_time: Option<Timestamp>,
    pub instance_id: InstanceId,
    #[column(heading = "Instance", sort)]
    pub instance_name: String,
    pub provider: Provider,
    pub account_id: AccountId,
    #[column(heading = "Account")]
    pub account_name: String,
    #[column(no_csv)]
    pub customer_id: String,
    pub region: String,
    pub cve_ids: Vec<String>,
    /// When the update was first seen on this instance, in any state.
    #[column(heading = "First seen (UTC)", class = "numeric detail", sort)]
    pub first_seen_at: Timestamp,
    /// When it last changed its state.
    pub changed_at: Timestamp,
    /// When it became missing or failed. This and all that follows is only set while it is.
    pub pending_since: Option<Timestamp>,
    /// Whole days since then.
    pub age_days: Option<u32>,
    /// The release date, where the title names its month and the scans of the instance agree.
    pub released_on: Option<Date>,
    /// When a rule of the instance's baseline approved it, where the rule and the release are known. Otherwise its days
    /// count from `pending_since`.
    pub approved_at: Option<Timestamp>,
    /// When it is overdue by its customer's service level.
    #[column(heading = "Due (UTC)", sort)]
    pub due_at: Option<Timestamp>,
    pub due: Option<Due>,
    /// The severity on the common scale. The priorities of apt are unrated.
    pub severity_band: SeverityBand,
    /// Whether an exception accepts or defers it.
    pub is_excepted: bool,
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
        let pending: Vec<_> =
            UpdateState::KNOWN.map(|(.., state)| state).into_iter().filter(UpdateState::is_pending).collect();
        assert_eq!(pending, [UpdateState::Failed, UpdateState::Missing]);
    }
}
