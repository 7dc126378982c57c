//! The service-level clock: which updates are due when, and how long updates took.

use super::{
    AccountId, Freshness, HarvestState, Provider, ServiceLevelFilter, SeverityBand, UpdateRow, code::codes,
    column::Columns,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray};

/// How a pending update stands against its due date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Due {
    /// The due date is past.
    #[strum(message = "Overdue")]
    Overdue,
    /// Due within the next seven days.
    #[strum(message = "Due in 7 days")]
    Soon,
    #[strum(message = "Due later")]
    Later,
}

codes!(all Due);

/// How long updates were pending, in days with one decimal. One that is still pending counts with its age so far, and
/// one that went away uninstalled with the time until it did: leaving updates alone improves no figure.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PatchTimes {
    /// All that were pending at some time in the last 365 days.
    #[column(name = "patch_time_updates")]
    pub updates: u64,
    /// Of these, installed.
    #[column(name = "patch_time_installed")]
    pub installed: u64,
    /// Of these, no longer reported as missing but not installed: superseded, withdrawn, or the instance is gone.
    #[column(name = "patch_time_gone")]
    pub gone: u64,
    /// Of these, still pending.
    #[column(name = "patch_time_open")]
    pub open: u64,
    #[column(name = "patch_time_median_days", unit = "days")]
    pub median_days: Option<f64>,
    /// Nine in ten took no longer.
    #[column(name = "patch_time_p90_days", unit = "days")]
    pub p90_days: Option<f64>,
}

/// Pending updates of current instances against their due dates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DueCounts {
    /// Pending updates of current instances.
    pub open: u64,
    pub overdue: u64,
    /// Of the overdue ones, those under an exception that holds.
    pub overdue_excepted: u64,
    /// The other overdue ones.
    pub overdue_unexcepted: u64,
    /// Due within seven days.
    pub due_soon: u64,
    /// When the oldest of them became pending.
    pub oldest_pending_since: Option<Timestamp>,
}

/// One account. The field names are the contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountServiceRow {
    pub provider: Provider,
    pub account_id: AccountId,
    pub account_name: String,
    pub customer_id: String,
    pub customer_name: String,
    #[serde(flatten)]
    #[column(flatten)]
    pub due: DueCounts,
    #[column(flatten)]
    pub times: PatchTimes,
    /// The harvest state of the worst Region. If it is `never`, no figure includes that Region.
    pub harvest_state: HarvestState,
}

impl AccountServiceRow {
    /// Returns whether the figures are not zero but unknown, because a Region was never harvested and no other has any.
    pub fn is_unknown(&self) -> bool {
        self.harvest_state == HarvestState::Never && self.times.updates == 0
    }
}

/// One severity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeverityServiceRow {
    pub severity: SeverityBand,
    #[serde(flatten)]
    pub due: DueCounts,
    pub times: PatchTimes,
}

/// The updates that became pending in one month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MonthServiceRow {
    /// `2025-11`, or `earlier` for all that became pending before the months listed.
    pub month: String,
    pub times: PatchTimes,
}

/// The days that a customer, or the default, gives an update until it is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Policy {
    /// None for the default.
    pub customer_id: Option<String>,
    pub customer_name: String,
    /// For each band, in the order of `SeverityBand::ALL`.
    pub days: [u32; 5],
}

/// Everything on `/service-level`, of the accounts that the filter leaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServiceLevelPage {
    pub freshness: Freshness,
    pub filter: ServiceLevelFilter,
    pub totals: DueCounts,
    pub times: PatchTimes,
    /// Those with the most overdue updates first.
    pub accounts: Vec<AccountServiceRow>,
    /// Every band once.
    pub severities: Vec<SeverityServiceRow>,
    /// The newest first.
    pub months: Vec<MonthServiceRow>,
    /// The first updates that are due within seven days.
    pub breaches: Vec<UpdateRow>,
    pub policies: Vec<Policy>,
}
