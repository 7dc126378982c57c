//! Since which day, of whom, and what kind of changes.

use super::{QueryError, Window, window, write_window};
use crate::{
    change::ChangeKind,
    ids::AccountId,
    past::SINCE,
    query_string::{Params, QueryWriter},
};
use jiff::{Span, civil::Date};
use serde::{Deserialize, Serialize};

/// How many days are compared unless the URL says since when.
const DAYS_DEFAULT: i64 = 7;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangesFilter {
    pub since: Option<Date>,
    pub kind: Option<ChangeKind>,
    pub customer: Option<String>,
    pub provider: Option<String>,
    pub account: Option<AccountId>,
    pub window: Window,
}

impl ChangesFilter {
    pub fn from_query(query: &str) -> Result<Self, QueryError> {
        let mut params = Params::parse(query);
        let filter = Self {
            since: params.day(SINCE)?,
            kind: params.choice("kind", &ChangeKind::CODES)?,
            customer: params.text("customer"),
            provider: params.text("provider"),
            account: params.value("account", "an account id", |text| text.parse().ok())?,
            window: window(&mut params)?,
        };
        params.finish()?;
        Ok(filter)
    }

    pub fn to_query(&self) -> String {
        let writer = QueryWriter::default()
            .text(SINCE, self.since.map(|day| day.to_string()).as_deref())
            .text("kind", self.kind.map(ChangeKind::code))
            .text("customer", self.customer.as_deref())
            .text("provider", self.provider.as_deref())
            .text("account", self.account.as_ref().map(AccountId::as_str));
        write_window(writer, self.window).finish()
    }

    /// The day at whose end the comparison starts, when the day that is shown is `until`: never a later one.
    pub fn since(&self, until: Date) -> Date {
        self.since.unwrap_or_else(|| until.saturating_sub(Span::new().days(DAYS_DEFAULT))).min(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_query_string_survives_the_round_trip() {
        for query in ["", "since=2025-11-01&kind=regressed&customer=c-1&provider=aws&account=402155771038&page=2"] {
            assert_eq!(ChangesFilter::from_query(query).expect(query).to_query(), query);
        }
        for query in ["since=lately", "kind=fix", "sinec=2025-11-01"] {
            assert!(ChangesFilter::from_query(query).is_err(), "{query}");
        }
        assert_eq!(ChangesFilter::default().since(date(2025, 11, 8)), date(2025, 11, 1));
    }
}
