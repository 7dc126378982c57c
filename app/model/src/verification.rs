//! What came of recomputing the published figures by a second route.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One published figure that is not what the stored rows say. Serialises as the JSON line that `muster verify` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {
    /// The figure, as the JSON names it, or what is wrong with the history.
    pub what: String,
    /// The account, instance or list that it stands in.
    #[serde(rename = "where")]
    pub place: String,
    pub published: String,
    pub recomputed: String,
}

/// A verification that came to its end, or why it could not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// The moment whose figures were compared.
    pub at: Timestamp,
    pub figures: u64,
    pub mismatches: u64,
    /// The first of them.
    pub first: Vec<Mismatch>,
    /// Pages of instances that were left for another night: there are too many for one.
    pub pages_left_out: u64,
    /// Why it was broken off, if it was.
    pub error: Option<String>,
}
