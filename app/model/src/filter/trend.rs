//! Which figure of which accounts, over which days.

use super::QueryError;
use crate::{
    ids::AccountId,
    query_string::{Params, QueryWriter},
    trend::TrendFigure,
};
use jiff::{Span, civil::Date};
use serde::{Deserialize, Serialize};

/// How many days a trend shows unless the URL says from when on.
pub const TREND_DAYS_DEFAULT: i64 = 120;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrendFilter {
    pub figure: TrendFigure,
    pub from: Option<Date>,
    pub to: Option<Date>,
    pub customer: Option<String>,
    pub provider: Option<String>,
    pub account: Option<AccountId>,
}

impl TrendFilter {
    pub fn from_query(query: &str) -> Result<Self, QueryError> {
        let mut params = Params::parse(query);
        let filter = Self {
            figure: params.choice("figure", &TrendFigure::CODES)?.unwrap_or_default(),
            from: params.day("from")?,
            to: params.day("to")?,
            customer: params.text("customer"),
            provider: params.text("provider"),
            account: params.value("account", "an account id", |text| text.parse().ok())?,
        };
        params.finish()?;
        match (filter.from, filter.to) {
            (Some(from), Some(to)) if from > to => Err(QueryError::Value {
                key: "from".to_owned(),
                value: from.to_string(),
                expected: format!("a day that is not after `to`, {to}"),
            }),
            _ => Ok(filter),
        }
    }

    pub fn to_query(&self) -> String {
        let figure = (self.figure != TrendFigure::default()).then(|| self.figure.code());
        let text = |day: Option<Date>| day.map(|day| day.to_string());
        QueryWriter::default()
            .text("figure", figure)
            .text("from", text(self.from).as_deref())
            .text("to", text(self.to).as_deref())
            .text("customer", self.customer.as_deref())
            .text("provider", self.provider.as_deref())
            .text("account", self.account.as_ref().map(AccountId::as_str))
            .finish()
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
    fn a_query_string_survives_the_round_trip() {
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
    fn what_is_no_figure_and_no_day_is_refused() {
        for query in ["figure=pendign", "from=yesterday", "to=2025-02-30", "from=2025-11-02&to=2025-11-01", "figur=x"] {
            assert!(TrendFilter::from_query(query).is_err(), "{query}");
        }
        let message = TrendFilter::from_query("figure=pendign").expect_err("misspelt").to_string();
        assert!(message.contains("`pending_critical`"), "{message}");
    }

    #[test]
    fn without_days_it_is_the_last_ones() {
        let today = date(2025, 11, 23);
        let filter = |query| TrendFilter::from_query(query).expect(query);
        assert_eq!(filter("").range(today), (date(2025, 7, 27), today));
        assert_eq!(filter("from=2025-11-01").range(today), (date(2025, 11, 1), today));
        assert_eq!(filter("to=2025-05-01").range(today), (date(2025, 1, 2), date(2025, 5, 1)));
        assert_eq!(filter("from=2026-01-01").range(today), (date(2026, 1, 1), date(2026, 1, 1)));
    }
}
