//! How old the numbers on a page are. Harvested, scanned and online are three clocks and never merged.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What our last pulls say about how far the figures in scope can be trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freshness {
    /// The portal's own clock when it answered.
    pub now: Timestamp,
    /// The newest good harvest in scope; none before the first.
    pub newest_harvest_at: Option<Timestamp>,
    /// The oldest of the accounts' last good harvests: no figure on the page is older.
    pub oldest_harvest_at: Option<Timestamp>,
    pub accounts: u64,
    /// Accounts whose every Region was harvested well within the configured limit.
    pub accounts_fresh: u64,
    /// Accounts with an older last good harvest, or none at all.
    pub accounts_stale: u64,
}

/// Whether an account's figures can be trusted, worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HarvestState {
    /// The last harvest was good and recent.
    Fresh,
    /// The last harvest was good in part: some operation failed, older rows of it stand.
    Partial,
    /// The last good harvest is older than the limit.
    Stale,
    /// The last harvest failed; what is shown is what the last good one left.
    Failing,
    /// No harvest has succeeded yet.
    Never,
}

impl HarvestState {
    pub const ALL: [Self; 5] = [Self::Fresh, Self::Partial, Self::Stale, Self::Failing, Self::Never];

    pub fn code(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Partial => "partial",
            Self::Stale => "stale",
            Self::Failing => "failing",
            Self::Never => "never",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Fresh => "Fresh",
            Self::Partial => "Partial",
            Self::Stale => "Stale",
            Self::Failing => "Failing",
            Self::Never => "Never harvested",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}
