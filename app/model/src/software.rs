//! Installed software, from the inventory.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoftwareRow {
    pub name: String,
    pub version: String,
    pub publisher: String,
    pub architecture: String,
    pub installed_at: Option<Timestamp>,
}
