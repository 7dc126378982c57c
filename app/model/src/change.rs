//! What changed between the ends of two days.

use super::{
    freshness::Freshness,
    ids::{AccountId, InstanceId},
    page::Page,
    provider::Provider,
    update::UpdateState,
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// What became of an update or a machine, comparing its state on both days: what happened in between and was undone is
/// no change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// Missing now, and not known or not needed before.
    New,
    /// Failed now, and not failed before.
    Failed,
    /// Missing or failed again though it was installed.
    Regressed,
    /// Installed now, and missing or failed before.
    Fixed,
    /// Missing or failed before, and not reported any more: superseded, withdrawn or no longer approved.
    Withdrawn,
    MachineAdded,
    MachineGone,
}

impl ChangeKind {
    pub const CODES: [(&'static str, Self); 7] = [
        ("new", Self::New),
        ("failed", Self::Failed),
        ("regressed", Self::Regressed),
        ("fixed", Self::Fixed),
        ("withdrawn", Self::Withdrawn),
        ("machine_added", Self::MachineAdded),
        ("machine_gone", Self::MachineGone),
    ];

    pub fn code(self) -> &'static str {
        Self::CODES.iter().find(|(_, kind)| *kind == self).map_or("", |(code, _)| code)
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::CODES.iter().find(|(known, _)| *known == code).map(|(_, kind)| *kind)
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::Failed => "Failed",
            Self::Regressed => "Regressed",
            Self::Fixed => "Fixed",
            Self::Withdrawn => "Withdrawn",
            Self::MachineAdded => "Machines added",
            Self::MachineGone => "Machines gone",
        }
    }
}

/// One change. The field names are the contract of the changes CSV and JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRow {
    pub kind: ChangeKind,
    /// Of an update's last change in between, or when the machine was first seen or found to be gone.
    pub happened_at: Option<Timestamp>,
    /// Empty for a machine.
    pub description: String,
    pub name: String,
    pub severity: String,
    pub from_state: Option<UpdateState>,
    pub to_state: Option<UpdateState>,
    pub instance_id: InstanceId,
    pub instance_name: String,
    pub provider: Provider,
    pub account_id: AccountId,
    pub account_name: String,
    pub customer_id: String,
    pub region: String,
}

/// How many changes of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
        ChangeKind::CODES.iter().map(|(_, kind)| self.get(*kind)).sum()
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountChanges {
    pub provider: Provider,
    pub account_id: AccountId,
    pub account_name: String,
    pub customer_name: String,
    pub counts: ChangeCounts,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangesPage {
    pub freshness: Freshness,
    /// The day at whose end the comparison starts.
    pub since: Date,
    pub totals: ChangeCounts,
    /// Those in which anything changed.
    pub accounts: Vec<AccountChanges>,
    /// What the filter leaves.
    pub rows: Page<ChangeRow>,
}
