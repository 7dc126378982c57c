//! How old the figures on a page are. Harvested, scanned and online are three clocks and are never merged.
//!
//! *Harvested* is always when the instances of an account and Region were last read, whether or not all else was.

use super::{code::codes, column::Columns};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray};

/// How far the figures in scope can be trusted, by the last harvests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Freshness {
    /// The moment of the statuses and ages: the portal's own clock when they were read.
    #[column(skip)]
    pub now: Timestamp,
    /// The newest harvest in scope that read the instances; none before the first.
    pub newest_harvest_at: Option<Timestamp>,
    /// The oldest of the accounts' last harvests that did: no figure on the page is older.
    pub oldest_harvest_at: Option<Timestamp>,
    /// The accounts in scope. Each is in exactly one of the states that follow: that of its worst Region.
    pub accounts: u64,
    pub accounts_fresh: u64,
    pub accounts_partial: u64,
    pub accounts_stale: u64,
    pub accounts_failing: u64,
    pub accounts_never: u64,
}

impl Freshness {
    /// Returns the number of accounts in a state.
    pub fn accounts_in(&self, state: HarvestState) -> u64 {
        match state {
            HarvestState::Fresh => self.accounts_fresh,
            HarvestState::Partial => self.accounts_partial,
            HarvestState::Stale => self.accounts_stale,
            HarvestState::Failing => self.accounts_failing,
            HarvestState::Never => self.accounts_never,
        }
    }

    /// Returns whether nothing is known, because none of the accounts was ever harvested.
    pub fn is_unknown(&self) -> bool {
        self.accounts > 0 && self.newest_harvest_at.is_none()
    }
}

/// Whether an account's figures can be trusted, worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum HarvestState {
    /// The last harvest read everything, and is recent.
    #[strum(message = "Fresh")]
    Fresh,
    /// Some operations of the last harvest failed; their older rows are shown.
    #[strum(message = "Partial")]
    Partial,
    /// The last harvest is older than the limit.
    #[strum(message = "Stale")]
    Stale,
    /// The last harvest could not read the instances; the rows of an earlier one are shown.
    #[strum(message = "Failing")]
    Failing,
    /// No harvest has read the instances yet.
    #[strum(message = "Never harvested")]
    Never,
}

codes!(all HarvestState);
