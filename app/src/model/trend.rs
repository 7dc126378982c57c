//! Figures by day.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The figures of the accounts in question as the last round of a day left them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrendDay {
    pub day: Date,
    pub pending_os_updates: u64,
    pub instances: u64,
    pub up_to_date: u64,
}
