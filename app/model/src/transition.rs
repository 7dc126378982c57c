//! One change of an update's state. Systems Manager keeps only the present state; these are the history.

use super::{AccountId, InstanceId, Provider, SeverityBand, UpdateState, code::codes, column::Columns};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray};

/// One transition. The field names are the contract of the history CSV and JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TransitionRow {
    /// The install time where the update was installed, else the end of the operation that reported the change.
    pub happened_at: Timestamp,
    /// When the harvest saw it.
    pub seen_at: Timestamp,
    /// None when the update appeared for the first time.
    pub from_state: Option<UpdateState>,
    /// None when the update is no longer reported.
    pub to_state: Option<UpdateState>,
    pub description: String,
    pub name: String,
    pub classification: String,
    pub severity: String,
    /// The patch operation that reported it: `Scan` or `Install`.
    pub operation: String,
    pub baseline_id: String,
    pub snapshot_id: String,
    /// The run that caused it, where one is known.
    pub command_id: Option<String>,
    pub instance_id: InstanceId,
    pub instance_name: String,
    pub provider: Provider,
    pub account_id: AccountId,
    pub account_name: String,
    pub region: String,
    /// The severity on the common scale. The priorities of apt are unrated.
    pub severity_band: SeverityBand,
    /// What the transition means.
    pub kind: TransitionKind,
    /// The baseline's name, where it is known.
    pub baseline_name: Option<String>,
    /// The baseline of the instance's change before, where that was another one.
    pub previous_baseline_id: Option<String>,
}

/// What a transition means. The two states alone do not tell: an update that was not reported for a while returns, and
/// one that is Failed after an Install was attempted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum TransitionKind {
    #[strum(message = "First seen")]
    FirstSeen,
    /// Reported again after it was no longer reported.
    #[strum(message = "Reported again")]
    Returned,
    /// The baseline approves it now; before, it was only available or did not apply.
    #[strum(message = "Approved")]
    Approved,
    /// Missing, then Failed after an Install.
    #[strum(message = "Attempted, failed")]
    Attempted,
    #[strum(message = "Failed")]
    Failed,
    /// Failed, and missing at the next scan.
    #[strum(message = "Still missing")]
    StillMissing,
    #[strum(message = "Installed")]
    Installed,
    #[strum(message = "Waits for a reboot")]
    PendingReboot,
    #[strum(message = "Reboot done")]
    RebootDone,
    /// Installed before, and missing or failed now.
    #[strum(message = "Missing again")]
    Regressed,
    #[strum(message = "Installed, rejected")]
    Rejected,
    #[strum(message = "Not approved")]
    NotApproved,
    #[strum(message = "No longer applicable")]
    NotApplicable,
    /// No longer reported.
    #[strum(message = "No longer reported")]
    Gone,
    /// One of the states is unknown to this version.
    #[strum(message = "Other")]
    Changed,
}

codes!(all TransitionKind);

impl TransitionKind {
    /// `known_before`: whether the instance had reported the update before this transition.
    pub fn of(from: Option<&UpdateState>, to: Option<&UpdateState>, operation: &str, known_before: bool) -> Self {
        use UpdateState::*;
        let Some(to) = to else { return Self::Gone };
        let Some(from) = from else { return if known_before { Self::Returned } else { Self::FirstSeen } };
        match (from, to) {
            (Installed | InstalledOther | InstalledPendingReboot | InstalledRejected, Missing | Failed) => {
                Self::Regressed
            }
            (Missing, Failed) if operation == "Install" => Self::Attempted,
            (_, Failed) => Self::Failed,
            (AvailableSecurityUpdate | NotApplicable, Missing) => Self::Approved,
            (Failed, Missing) => Self::StillMissing,
            (InstalledPendingReboot, Installed | InstalledOther) => Self::RebootDone,
            (_, InstalledPendingReboot) => Self::PendingReboot,
            (_, Installed | InstalledOther) => Self::Installed,
            (_, InstalledRejected) => Self::Rejected,
            (_, AvailableSecurityUpdate) => Self::NotApproved,
            (_, NotApplicable) => Self::NotApplicable,
            (Missing | Other(_), Missing) | (_, Other(_)) => Self::Changed,
        }
    }
}

impl TransitionRow {
    /// What happened, in words.
    pub fn sentence(&self) -> &'static str {
        use UpdateState::*;
        match self.kind {
            TransitionKind::FirstSeen => match &self.to_state {
                Some(Missing) => "first seen missing",
                Some(Failed) => "first seen failed",
                Some(Installed | InstalledOther) => "first seen installed",
                Some(InstalledPendingReboot) => "first seen installed, waits for a reboot",
                _ => "first seen",
            },
            TransitionKind::Returned => match &self.to_state {
                Some(Missing) => "reported again, missing",
                Some(Failed) => "reported again, failed",
                Some(Installed | InstalledOther | InstalledPendingReboot) => "reported again, installed",
                _ => "reported again",
            },
            TransitionKind::Approved => "approved, missing now",
            TransitionKind::Attempted => "attempted, failed to install",
            TransitionKind::Failed => "failed to install",
            TransitionKind::StillMissing => "failed before, still missing",
            TransitionKind::Installed => "installed",
            TransitionKind::PendingReboot => "installed, waits for a reboot",
            TransitionKind::RebootDone => "reboot done, installed",
            TransitionKind::Regressed => match &self.to_state {
                Some(Failed) => "was installed, failed to install again",
                _ => "was installed, missing again",
            },
            TransitionKind::Rejected => "installed though rejected by the baseline",
            TransitionKind::NotApproved => "available, not approved by the baseline",
            TransitionKind::NotApplicable => "no longer applicable",
            TransitionKind::Gone => "no longer reported",
            TransitionKind::Changed => "changed its state",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use UpdateState::*;

    #[test]
    fn a_failure_after_an_install_was_an_attempt_and_after_a_scan_was_none() {
        let kind = |operation| TransitionKind::of(Some(&Missing), Some(&Failed), operation, true);
        assert_eq!(kind("Install"), TransitionKind::Attempted);
        assert_eq!(kind("Scan"), TransitionKind::Failed);
    }

    #[test]
    fn what_was_known_before_returns_and_all_else_is_first_seen() {
        assert_eq!(TransitionKind::of(None, Some(&Missing), "Scan", false), TransitionKind::FirstSeen);
        assert_eq!(TransitionKind::of(None, Some(&Missing), "Scan", true), TransitionKind::Returned);
    }

    #[test]
    fn each_pair_of_states_has_its_kind() {
        for (from, to, kind) in [
            (AvailableSecurityUpdate, Missing, TransitionKind::Approved),
            (NotApplicable, Missing, TransitionKind::Approved),
            (Failed, Missing, TransitionKind::StillMissing),
            (Installed, Missing, TransitionKind::Regressed),
            (InstalledPendingReboot, Missing, TransitionKind::Regressed),
            (InstalledOther, Failed, TransitionKind::Regressed),
            (Missing, Installed, TransitionKind::Installed),
            (Failed, Installed, TransitionKind::Installed),
            (Missing, InstalledPendingReboot, TransitionKind::PendingReboot),
            (InstalledPendingReboot, Installed, TransitionKind::RebootDone),
            (Installed, InstalledRejected, TransitionKind::Rejected),
            (Missing, AvailableSecurityUpdate, TransitionKind::NotApproved),
            (Missing, NotApplicable, TransitionKind::NotApplicable),
            (Other("Snoozed".into()), Missing, TransitionKind::Changed),
            (Missing, Other("Snoozed".into()), TransitionKind::Changed),
        ] {
            assert_eq!(TransitionKind::of(Some(&from), Some(&to), "Scan", true), kind, "{from:?} to {to:?}");
        }
        assert_eq!(TransitionKind::of(Some(&Missing), None, "Scan", true), TransitionKind::Gone);
    }

    #[test]
    fn the_code_is_how_the_json_spells_it() {
        for kind in TransitionKind::ALL {
            assert_eq!(serde_json::to_value(kind).expect("JSON"), kind.code());
        }
    }
}
