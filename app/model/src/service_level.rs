//! The service-level clock: which updates are due when, and how long updates took.

use super::{
    filter::ServiceLevelFilter, freshness::Freshness, ids::AccountId, provider::Provider, severity::SeverityBand,
    update::UpdateRow,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How a pending update stands against its due date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// The due date is past.
    Overdue,
    /// Within the next seven days: what is not installed by then is a breach.
    Soon,
    Later,
}

impl Due {
    pub const ALL: [Self; 3] = [Self::Overdue, Self::Soon, Self::Later];

    pub fn code(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::Soon => "soon",
            Self::Later => "later",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Overdue => "Overdue",
            Self::Soon => "Due in 7 days",
            Self::Later => "Due later",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|due| due.code() == code)
    }
}

/// How long updates were pending, in days with one decimal. One that is still pending counts with its age so far, and
/// one that went away uninstalled with the time until it did; so no figure is better for what was never done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PatchTimes {
    /// All that were pending at some time in the last 365 days.
    pub updates: u64,
    /// Of these, installed.
    pub installed: u64,
    /// Of these, no longer reported as missing but not installed: superseded, withdrawn, or the instance is gone.
    pub gone: u64,
    /// Of these, still pending.
    pub open: u64,
    pub median_days: Option<f64>,
    /// Nine in ten took no longer.
    pub p90_days: Option<f64>,
}

/// Pending updates of current instances against their due dates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueCounts {
    pub open: u64,
    pub overdue: u64,
    pub due_soon: u64,
    /// Since when the oldest is pending.
    pub oldest_pending_since: Option<Timestamp>,
}

/// One account. The field names are the contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountServiceRow {
    pub provider: Provider,
    pub account_id: AccountId,
    pub account_name: String,
    pub customer_id: String,
    pub customer_name: String,
    #[serde(flatten)]
    pub due: DueCounts,
    pub times: PatchTimes,
}

/// One severity, with the days that the default gives it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeverityServiceRow {
    pub severity: SeverityBand,
    #[serde(flatten)]
    pub due: DueCounts,
    pub times: PatchTimes,
}

/// The updates that became pending in one month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonthServiceRow {
    /// `2025-11`, or `earlier` for all that became pending before the months listed.
    pub month: String,
    pub times: PatchTimes,
}

/// The days that a customer, or everybody who is not named, gives an update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// None is the default.
    pub customer_id: Option<String>,
    pub customer_name: String,
    /// A band each, in the order of `SeverityBand::ALL`.
    pub days: [u32; 5],
}

/// What the page shows of the accounts that the filter leaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceLevelPage {
    pub freshness: Freshness,
    pub filter: ServiceLevelFilter,
    pub totals: DueCounts,
    pub times: PatchTimes,
    /// Those with most overdue first.
    pub accounts: Vec<AccountServiceRow>,
    /// Every band once.
    pub severities: Vec<SeverityServiceRow>,
    /// The newest first.
    pub months: Vec<MonthServiceRow>,
    /// The first that will breach within seven days.
    pub breaches: Vec<UpdateRow>,
    pub policies: Vec<Policy>,
}
