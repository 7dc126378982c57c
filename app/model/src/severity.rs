//! Vendors' severities on one scale. The vendor's own word is always kept beside it.

use super::{code::codes, column::Columns};
use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray};

/// The scale that charts, filters and service levels use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum SeverityBand {
    #[strum(message = "Critical")]
    Critical,
    #[strum(message = "Important")]
    Important,
    #[strum(message = "Moderate")]
    Moderate,
    #[strum(message = "Low")]
    Low,
    /// The vendor gives none. On systems with apt a package has a priority, which says nothing about risk.
    #[strum(message = "Unrated")]
    Unrated,
}

codes!(all SeverityBand);

impl SeverityBand {
    pub fn of(vendor_word: &str) -> Self {
        match vendor_word.to_ascii_lowercase().as_str() {
            "critical" => Self::Critical,
            "important" | "high" => Self::Important,
            "moderate" | "medium" => Self::Moderate,
            "low" => Self::Low,
            _ => Self::Unrated,
        }
    }
}

/// Pending updates of one band.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
pub struct SeverityCount {
    pub band: SeverityBand,
    pub pending_os_updates: u64,
    pub instances: u64,
}
