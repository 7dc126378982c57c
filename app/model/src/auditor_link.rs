//! Links that need no sign-in: they let an auditor see one customer's accounts as they were at the end of one day, or a calendar read
//! when this customer's instances are patched.

use super::column::Columns;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// The shortest and the longest validity of a link, in days.
pub const LINK_DAYS_MIN: u16 = 1;
pub const LINK_DAYS_MAX: u16 = 90;
/// The longest validity of the address of a calendar.
pub const CALENDAR_DAYS_MAX: u16 = 366;

/// A link, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
pub struct AuditorLinkRow {
    pub link_id: String,
    pub customer_id: String,
    pub customer_name: String,
    /// None if it is the address of a calendar.
    pub day: Option<Date>,
    pub made_by: String,
    pub made_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

impl AuditorLinkRow {
    /// Whether the link is valid.
    pub fn opens(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

/// A customer that a link can be made for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Columns)]
pub struct AuditorCustomer {
    pub customer_id: String,
    pub customer_name: String,
    /// The first day of which the portal has data.
    pub first_day: Option<Date>,
}

/// Everything on `/auditors`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditorLinksPage {
    pub now: Timestamp,
    pub rows: Vec<AuditorLinkRow>,
    pub customers: Vec<AuditorCustomer>,
}
