//! Installed software, from the inventory.

use super::column::Columns;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One package on an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SoftwareRow {
    #[column(heading = "Name", class = "wide-text")]
    pub name: String,
    #[column(heading = "Version", class = "mono")]
    pub version: String,
    #[column(heading = "Publisher")]
    pub publisher: String,
    #[column(heading = "Architecture")]
    pub architecture: String,
    /// None where the inventory does not say.
    #[column(heading = "Installed (UTC)", absent = "Unknown")]
    pub installed_at: Option<Timestamp>,
}
