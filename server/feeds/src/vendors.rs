//! The formats of vendors.

mod csaf;
mod cvrf;
mod kev;
mod osv;

use jiff::Timestamp;
use muster_core::feed::{ExploitedRecord, FeedFixRecord};
use serde_json::Value;

/// What one document says.
pub struct Document {
    pub format: &'static str,
    pub published_at: Option<Timestamp>,
    pub fixes: Vec<FeedFixRecord>,
    pub exploited: Vec<ExploitedRecord>,
}

impl Document {
    fn of_fixes(format: &'static str, published_at: Option<Timestamp>, fixes: Vec<FeedFixRecord>) -> Self {
        Self { format, published_at, fixes, exploited: Vec::new() }
    }
}

/// Reads a document in any known format; none if it is in no known one.
pub fn read_document(document: Value) -> Option<Document> {
    let has = |key: &str| document.get(key).is_some();
    match () {
        () if has("catalogVersion") => kev::read(document),
        () if has("affected") || has("withdrawn") => osv::read(document),
        () if has("document") && has("product_tree") => csaf::read(document),
        () if has("DocumentTracking") && has("Vulnerability") => cvrf::read(document),
        () => None,
    }
}

/// Parses a time; one without an offset is in UTC.
fn time(text: &str) -> Option<Timestamp> {
    text.parse().or_else(|_| format!("{text}Z").parse()).ok()
}
