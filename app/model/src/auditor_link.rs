//! Links that let an auditor see one customer's accounts as they were at the end of one day.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// For how many days a link can be opened.
pub const LINK_DAYS_MIN: u16 = 1;
pub const LINK_DAYS_MAX: u16 = 90;

/// A link, without what stands in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditorLinkRow {
    pub link_id: String,
    pub customer_id: String,
    pub customer_name: String,
    pub day: Date,
    pub made_by: String,
    pub made_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

impl AuditorLinkRow {
    /// Whether it can be opened.
    pub fn opens(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditorCustomer {
    pub customer_id: String,
    pub customer_name: String,
}

/// What whoever hands links out sees of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditorLinksPage {
    pub now: Timestamp,
    pub rows: Vec<AuditorLinkRow>,
    /// For whom a link can be made.
    pub customers: Vec<AuditorCustomer>,
}
