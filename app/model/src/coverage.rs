//! The coverage ledger: every instance ever seen in exactly one class, so that what nobody patches is never forgotten.

use super::{AccountId, Freshness, InstanceId, Page, Provider, code::codes, column::Columns};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray};

/// How an instance is covered: the first that applies, in the order of `server/metrics/src/coverage.sql`. Here, what needs
/// work comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Coverage {
    #[strum(message = "Account unread")]
    AccountUnread,
    #[strum(message = "Never scanned")]
    NeverScanned,
    #[strum(message = "No window")]
    NoWindow,
    #[strum(message = "Not scanned lately")]
    NotScannedLately,
    #[strum(message = "Not patched lately")]
    NotPatchedLately,
    #[strum(message = "Agent lost")]
    AgentLost,
    #[strum(message = "Unsupported")]
    Unsupported,
    #[strum(message = "End of life")]
    EndOfLife,
    #[strum(message = "Stopped")]
    Stopped,
    #[strum(message = "Patched on schedule")]
    OnSchedule,
    #[strum(message = "Duplicate")]
    Duplicate,
    #[strum(message = "Gone")]
    Gone,
}

codes!(all Coverage);

impl Coverage {
    /// The rule in one sentence.
    pub fn rule(self) -> &'static str {
        match self {
            Self::AccountUnread => "Its account and Region cannot be read at present, so nothing is known of it.",
            Self::NeverScanned => "No patch operation ever ended on it.",
            Self::NoWindow => {
                "No enabled maintenance window that patches, and no patch policy that is known to install, targets it."
            }
            Self::NotPatchedLately => "A window targets it, but no Install run ended on it in the last 30 days.",
            Self::NotScannedLately => "Its last scan is older than the configured limit (7 days by default).",
            Self::AgentLost => "Its SSM Agent does not answer.",
            Self::Unsupported => "Patch Manager does not support its operating system.",
            Self::EndOfLife => {
                "Its vendor gives no more free security updates for its operating system, so nothing says what it lacks."
            }
            Self::Stopped => "It is stopped: it is patched again once it runs during its window.",
            Self::OnSchedule => {
                "Scanned lately, and targeted by a patch policy that installs, or by a window with an Install run in 30 days."
            }
            Self::Duplicate => "The same machine as another instance, which counts in its place.",
            Self::Gone => "Terminated, or no longer registered.",
        }
    }

    /// Whether the instance counts in other figures.
    pub fn is_current(self) -> bool {
        !matches!(self, Self::Duplicate | Self::Gone)
    }
}

/// One instance. The field names are the contract of the coverage CSV and JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CoverageRow {
    #[column(heading = "Instance", sort)]
    pub instance_name: String,
    pub instance_id: InstanceId,
    #[column(heading = "Coverage", sort, default)]
    pub coverage: Coverage,
    /// Since when, as far as it is known: the last ping, scan, run or harvest, the end of support, or when it was found gone; of one never scanned, when it was registered.
    #[column(heading = "Since (UTC)", absent = "Unknown", sort)]
    pub since: Option<Timestamp>,
    pub provider: Provider,
    pub account_id: AccountId,
    #[column(heading = "Account", sort)]
    pub account_name: String,
    #[column(no_csv)]
    pub customer_id: String,
    pub customer_name: String,
    pub region: String,
    #[column(heading = "Operating system", sort)]
    pub platform_name: String,
    pub platform_version: String,
    #[column(heading = "Patch group", absent = "None", sort)]
    pub patch_group: String,
    pub patch_policy: String,
    #[column(heading = "Scanned (UTC)", absent = "Never", sort)]
    pub last_scan_at: Option<Timestamp>,
}

/// The number of instances of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CoverageCount {
    pub coverage: Coverage,
    pub instances: u64,
}

/// Everything on `/coverage`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoveragePage {
    pub freshness: Freshness,
    /// Every class once. They add up to the instances ever seen of the chosen accounts.
    pub counts: Vec<CoverageCount>,
    /// EC2 instances that Systems Manager does not manage, which no class has; none where AWS does not list them.
    pub unmanaged_instances: Option<u64>,
    pub rows: Page<CoverageRow>,
}
