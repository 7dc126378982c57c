//! The result of recomputing the published figures by a second route.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One published figure that differs from the stored rows. Serialises as the JSON line that `muster verify` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {
    /// The figure, as the JSON names it, or what is wrong with the history.
    pub what: String,
    /// The account, instance or list that shows it.
    #[serde(rename = "where")]
    pub place: String,
    pub published: String,
    pub recomputed: String,
}

/// A verification, or why it was aborted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// The moment whose figures were compared.
    pub at: Timestamp,
    pub figures: u64,
    pub mismatches: u64,
    /// The first of them.
    pub first: Vec<Mismatch>,
    /// Instance pages that were left for another night.
    pub pages_left_out: u64,
    /// Why it was aborted, if it was.
    pub error: Option<String>,
}
