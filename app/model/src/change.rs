//! What changed between the ends of two days.

use super::{
    AccountId, Freshness, InstanceId, Page, Provider, SeverityBand, UpdateState, code::codes, column::Columns,
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray};

/// What became of an update or an instance, by its states on both days. A change that was undone in between is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ChangeKind {
    /// Missing now, and not known or not needed before.
    #[strum(message = "New")]
    New,
    /// Failed now, and not failed before.
    #[strum(message = "Failed")]
    Failed,
    /// Missing or failed again after it was installed.
    #[strum(message = "Regressed")]
    Regressed,
    /// Installed now, and missing or failed before.
    #[strum(message = "Fixed")]
    Fixed,
    /// Missing or failed before, and no longer reported: superseded, withdrawn or no longer approved.
    #[strum(message = "Withdrawn")]
    Withdrawn,
    #[strum(message = "Instances added")]
    MachineAdded,
    #[strum(message = "Instances gone")]
    MachineGone,
}

codes!(all ChangeKind);

/// One change. The field names are the contract of the changes CSV and JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeRow {
    #[column(heading = "Change")]
    pub kind: ChangeKind,
    /// The update's last change in between; for an instance, when it was first seen or found to be gone.
    #[column(heading = "Time (UTC)", absent = "Unknown")]
    pub happened_at: Option<Timestamp>,
    /// The update's title; empty for an instance.
    #[column(heading = "Update", class = "wide-text")]
    pub description: String,
    pub name: String,
    #[column(heading = "Severity")]
    pub severity: String,
    /// None when the update appeared for the first time.
    #[column(heading = "Before")]
    pub from_state: Option<UpdateState>,
    /// None when the update is no longer reported.
    #[column(heading = "After")]
    pub to_state: Option<UpdateState>,
    pub instance_id: InstanceId,
    #[column(heading = "Instance")]
    pub instance_name: String,
    pub provider: Provider,
    pub account_id: AccountId,
    #[column(heading = "Account")]
    pub account_name: String,
    pub customer_id: String,
    pub region: String,
    /// The severity on the common scale. The priorities of apt are unrated.
    pub severity_band: SeverityBand,
}

/// The number of changes of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Columns)]
pub struct ChangeCounts {
    pub new: u64,
    pub failed: u64,
    pub regressed: u64,
    pub fixed: u64,
    pub withdrawn: u64,
    pub machine_added: u64,
    pub machine_gone: u64,
}

impl ChangeCounts {
    pub fn all(&self) -> u64 {
        ChangeKind::ALL.iter().map(|kind| self.get(*kind)).sum()
    }

    pub fn get(&self, kind: ChangeKind) -> u64 {
        match kind {
            ChangeKind::New => self.new,
            ChangeKind::Failed => self.failed,
            ChangeKind::Regressed => self.regressed,
            ChangeKind::Fixed => self.fixed,
            ChangeKind::Withdrawn => self.withdrawn,
            ChangeKind::MachineAdded => self.machine_added,
            ChangeKind::MachineGone => self.machine_gone,
        }
    }
}

impl std::iter::Sum for ChangeCounts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |sum, one| Self {
            new: sum.new + one.new,
            failed: sum.failed + one.failed,
            regressed: sum.regressed + one.regressed,
            fixed: sum.fixed + one.fixed,
            withdrawn: sum.withdrawn + one.withdrawn,
            machine_added: sum.machine_added + one.machine_added,
            machine_gone: sum.machine_gone + one.machine_gone,
        })
    }
}

/// The changes of one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
pub struct AccountChanges {
    pub provider: Provider,
    pub account_id: AccountId,
    pub account_name: String,
    pub customer_id: String,
    pub customer_name: String,
    #[column(flatten)]
    pub counts: ChangeCounts,
}

/// Everything on `/changes`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangesPage {
    pub freshness: Freshness,
    /// The day at whose end the comparison starts.
    pub since: Date,
    pub totals: ChangeCounts,
    /// The accounts in which anything changed.
    pub accounts: Vec<AccountChanges>,
    pub rows: Page<ChangeRow>,
}
