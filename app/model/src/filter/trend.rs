//! Which figure of which accounts, over which days.

use super::{Filter, check_days};
use crate::{AccountId, TrendFigure, query_string::QueryError};
use jiff::{Span, civil::Date};

/// The number of days that a trend shows unless the URL says from when on.
pub const TREND_DAYS_DEFAULT: i64 = 120;

#[derive(Clone, Debug, Default, PartialEq, Eq, Filter)]
#[filter(check = Self::in_order)]
pub struct TrendFilter {
    /// The figure that the page shows; the answer has every figure.
    #[filter(label = "Figure", any = "Pending OS updates")]
    pub figure: TrendFigure,
    /// The first day; 119 days before the last one unless given.
    #[filter(label = "From")]
    pub from: Option<Date>,
    /// The last day; today unless given.
    #[filter(label = "To")]
    pub to: Option<Date>,
    /// A customer's id.
    #[filter(label = "Customer", any = "All customers", choices = customers, column = "customer_id")]
    pub customer: Option<String>,
    /// A provider's code.
    #[filter(label = "Provider", any = "All providers", choices = providers, column = "provider")]
    pub provider: Option<String>,
    /// An account's id.
    #[filter(label = "Account", any = "All accounts", choices = accounts, column = "account_id")]
    pub account: Option<AccountId>,
}

impl TrendFilter {
    fn in_order(self) -> Result<Self, QueryError> {
        check_days(self.from, self.to).map(|()| self)
    }

    /// The first and the last day that are meant.
    pub fn range(&self, today: Date) -> (Date, Date) {
        let to = self.to.unwrap_or_else(|| today.max(self.from.unwrap_or(today)));
        let from = self.from.unwrap_or_else(|| to.saturating_sub(Span::new().days(TREND_DAYS_DEFAULT - 1)));
        (from, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn writes_the_query_string_that_it_read() {
        for query in [
            "",
            "figure=pending_critical&from=2025-01-01&to=2025-11-23&customer=c-1&provider=aws&account=402155771038",
            "figure=up_to_date&account=402155771038",
        ] {
            assert_eq!(TrendFilter::from_query(query).expect(query).to_query(), query);
        }
        assert_eq!(TrendFilter::from_query("figure=&from="), Ok(TrendFilter::default()));
    }

    #[test]
    fn rejects_an_unknown_figure_and_a_wrong_day() {
        for query in ["figure=pendign", "from=yesterday", "to=2025-02-30", "from=2025-11-02&to=2025-11-01", "figur=x"] {
            assert!(TrendFilter::from_query(query).is_err(), "{query}");
        }
        let message = TrendFilter::from_query("figure=pendign").expect_err("misspelt").to_string();
        assert!(message.contains("`pending_critical`"), "{message}");
    }

    #[test]
    fn covers_the_last_days_by_default() {
        let today = date(2025, 11, 23);
        let filter = |query| TrendFilter::from_query(query).expect(query);
        assert_eq!(filter("").range(today), (date(2025, 7, 27), today));
        assert_eq!(filter("from=2025-11-01").range(today), (date(2025, 11, 1), today));
        assert_eq!(filter("to=2025-05-01").range(today), (date(2025, 1, 2), date(2025, 5, 1)));
        assert_eq!(filter("from=2026-01-01").range(today), (date(2026, 1, 1), date(2026, 1, 1)));
    }
}
