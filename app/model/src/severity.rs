//! Vendors' severities in one ladder. The vendor's own word is always kept beside it.

use serde::{Deserialize, Serialize};

/// The ladder that charts and sorting use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeverityBand {
    Critical,
    Important,
    Moderate,
    Low,
    /// The vendor gives none. Debian and Ubuntu give a package's priority, which says nothing about risk.
    Unrated,
}

impl SeverityBand {
    pub const ALL: [Self; 5] = [Self::Critical, Self::Important, Self::Moderate, Self::Low, Self::Unrated];

    pub fn of(vendor_word: &str) -> Self {
        match vendor_word.to_ascii_lowercase().as_str() {
            "critical" => Self::Critical,
            "important" | "high" => Self::Important,
            "moderate" | "medium" => Self::Moderate,
            "low" => Self::Low,
            _ => Self::Unrated,
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Important => "important",
            Self::Moderate => "moderate",
            Self::Low => "low",
            Self::Unrated => "unrated",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Critical => "Critical",
            Self::Important => "Important",
            Self::Moderate => "Moderate",
            Self::Low => "Low",
            Self::Unrated => "Unrated",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|band| band.code() == code)
    }
}

/// Pending updates of one band.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeverityCount {
    pub band: SeverityBand,
    pub pending_os_updates: u64,
    pub instances: u64,
}
