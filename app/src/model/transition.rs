//! One change of an update's state: kept for ever, because Systems Manager forgets at each scan.

use super::{
    ids::{AccountId, InstanceId},
    provider::Provider,
    update::UpdateState,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The field names are the contract of the history CSV and JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitionRow {
    /// The install time where the update was installed, else the end of the operation that reported the change.
    pub happened_at: Timestamp,
    /// When our harvest saw it.
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
    /// The run that made it, where one is known.
    pub command_id: Option<String>,
    pub instance_id: InstanceId,
    pub instance_name: String,
    pub provider: Provider,
    pub account_id: AccountId,
    pub account_name: String,
    pub region: String,
}

impl TransitionRow {
    /// What happened, in words. Missing to Failed after an Install means that it was tried.
    pub fn sentence(&self) -> &'static str {
        use UpdateState::*;
        match (&self.from_state, &self.to_state) {
            (_, None) => "no longer reported",
            (None, Some(Missing)) => "first seen missing",
            (None, Some(Failed)) => "first seen failed",
            (None, Some(Installed | InstalledOther)) => "first seen installed",
            (None, Some(InstalledPendingReboot)) => "first seen installed, waits for a reboot",
            (None, Some(_)) => "first seen",
            (Some(Missing), Some(Failed)) => "attempted, failed to install",
            (Some(Installed | InstalledOther | InstalledPendingReboot), Some(Missing)) => "missing again",
            (Some(InstalledPendingReboot), Some(Installed | InstalledOther)) => "reboot done, installed",
            (_, Some(Missing)) => "missing",
            (_, Some(Failed)) => "failed to install",
            (_, Some(InstalledPendingReboot)) => "installed, waits for a reboot",
            (_, Some(Installed | InstalledOther)) => "installed",
            (_, Some(InstalledRejected)) => "installed though rejected by the baseline",
            (_, Some(NotApplicable)) => "no longer applicable",
            (_, Some(AvailableSecurityUpdate)) => "available, not approved by the baseline",
            (_, Some(Other(_))) => "changed its state",
        }
    }
}
