//! How old the figures on a page are. Harvested, scanned and online are three clocks and are never merged.

use super::{code::codes, column::Columns};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray};

/// How far the figures in scope can be trusted, by the last harvests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Freshness {
    /// The portal's own clock when it answered.
    #[column(skip)]
    pub now: Timestamp,
    /// The newest good harvest in scope; none before the first.
    pub newest_harvest_at: Option<Timestamp>,
    /// The oldest of the accounts' last good harvests: no figure on the page is older.
    pub oldest_harvest_at: Option<Timestamp>,
    pub accounts: u64,
    /// Accounts whose every Region was harvested within the configured limit.
    pub accounts_fresh: u64,
    /// Accounts with an older last good harvest, or none at all.
    pub accounts_stale: u64,
}

/// Whether an account's figures can be trusted, worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum HarvestState {
    /// The last harvest was good and recent.
    #[strum(message = "Fresh")]
    Fresh,
    /// Some operations of the last harvest failed; their older rows are shown.
    #[strum(message = "Partial")]
    Partial,
    /// The last good harvest is older than the limit.
    #[strum(message = "Stale")]
    Stale,
    /// The last harvest failed; the rows of the last good one are shown.
    #[strum(message = "Failing")]
    Failing,
    /// No harvest has succeeded yet.
    #[strum(message = "Never harvested")]
    Never,
}

codes!(all HarvestState);
