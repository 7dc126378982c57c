//! Filters of the list of changes.

use super::{Filter, Window};
use crate::{AccountId, ChangeKind};
use jiff::{Span, civil::Date};

/// The number of days that are compared unless the URL says since when.
const DAYS_DEFAULT: i64 = 7;

#[derive(Clone, Debug, Default, PartialEq, Eq, Filter)]
pub struct ChangesFilter {
    /// The day at whose end the comparison starts; seven days before unless given.
    #[filter(label = "Since the end of")]
    pub since: Option<Date>,
    /// Only changes of this kind.
    #[filter(label = "Kind", any = "All kinds")]
    pub kind: Option<ChangeKind>,
    /// A customer's id.
    #[filter(label = "Customer", any = "All customers", choices = customers, column = "customer_id")]
    pub customer: Option<String>,
    /// A provider's code.
    #[filter(label = "Provider", any = "All providers", choices = providers, column = "provider")]
    pub provider: Option<String>,
    /// An account's id.
    #[filter(label = "Account", any = "All accounts", choices = accounts, column = "account_id")]
    pub account: Option<AccountId>,
    pub window: Window,
}

impl ChangesFilter {
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
    fn writes_the_query_string_that_it_read() {
        for query in ["", "since=2025-11-01&kind=regressed&customer=c-1&provider=aws&account=402155771038&page=2"] {
            assert_eq!(ChangesFilter::from_query(query).expect(query).to_query(), query);
        }
        for query in ["since=lately", "kind=fix", "sinec=2025-11-01"] {
            assert!(ChangesFilter::from_query(query).is_err(), "{query}");
        }
        assert_eq!(ChangesFilter::default().since(date(2025, 11, 8)), date(2025, 11, 1));
    }
}
