//! Whether an instance runs, as far as is known.

use super::code::codes;
use serde::{Deserialize, Serialize};
use strum::{EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray};

/// Each instance has exactly one. The decision is made in one place, `server/metrics/src/instance_status.sql`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[derive(EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum InstanceState {
    /// Listed by Systems Manager, and its agent answers.
    #[strum(message = "Online")]
    Online,
    /// Not known to be stopped, terminated or deregistered, but its agent does not answer.
    #[strum(message = "Agent lost")]
    AgentLost,
    /// Stopped. It counts in all totals with its last known updates.
    #[strum(message = "Stopped")]
    Stopped,
    /// Its account and Region cannot be read at present.
    #[strum(message = "Unreadable")]
    Unreadable,
    /// No longer known to Systems Manager. It counts in no total.
    #[strum(message = "Deregistered")]
    Deregistered,
    /// The same machine as another instance of the account, which counts in its place.
    #[strum(message = "Duplicate")]
    Duplicate,
    /// Terminated. It counts in no total.
    #[strum(message = "Terminated")]
    Terminated,
}

codes!(all InstanceState);

impl InstanceState {
    /// Whether the instance counts in no total: it is gone, or another one counts in its place.
    pub fn is_gone(self) -> bool {
        matches!(self, Self::Deregistered | Self::Duplicate | Self::Terminated)
    }

    /// What is known of an instance that is not online.
    pub fn explanation(self) -> Option<&'static str> {
        match self {
            Self::Online | Self::AgentLost => None,
            Self::Stopped => Some("This instance is stopped. Its figures are from its last scan and still count."),
            Self::Unreadable => Some(
                "The account and Region of this instance cannot be read at present. Its figures are from the last \
                 harvest that could read them.",
            ),
            Self::Deregistered => Some(
                "Systems Manager no longer knows this instance, and does not report it as stopped or terminated. It \
                 counts in no total.",
            ),
            Self::Duplicate => Some(
                "This machine is registered under another id too, which counts in its place: the service that registered both \
                 knows them by the same id.",
            ),
            Self::Terminated => Some("This instance was terminated. It counts in no total."),
        }
    }
}
