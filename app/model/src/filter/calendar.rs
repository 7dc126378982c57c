//! Filters and order of the calendar.

use super::{Filter, Order, ParameterValue, Window, check_days};
use crate::{
    AccountId, CalendarKind, CalendarRow, CalendarState, InstanceId,
    column::{ColumnValue, Kind, Value},
    query_string::QueryError,
};
use jiff::{Span, civil::Date, tz::TimeZone};

/// The number of days that are listed unless the URL says until when.
const DAYS_DEFAULT: i64 = 7;
/// The most days that are listed.
const DAYS_MAX: i64 = 35;

/// The IANA name of a time zone that the portal knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneName(String);

impl ZoneName {
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.0).unwrap_or(TimeZone::UTC)
    }

    pub fn name(&self) -> &str {
        &self.0
    }
}

impl ColumnValue for ZoneName {
    const KIND: Kind = Kind::Text;

    fn from_value(value: Value<'_>) -> Option<Self> {
        let Value::Text(name) = value else { return None };
        // The spelling of the database.
        let zone = TimeZone::get(&name).ok()?;
        zone.iana_name().map(|name| Self(name.to_owned()))
    }

    fn to_value(&self) -> Value<'_> {
        Value::Text(self.0.as_str().into())
    }
}

impl ParameterValue for ZoneName {
    fn expected() -> String {
        "the IANA name of a time zone, such as `Europe/Berlin`".to_owned()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Filter)]
#[filter(check = Self::in_order)]
pub struct CalendarFilter {
    /// Words, each part of the name or id of a window or policy.
    #[filter(label = "Window or policy", search)]
    pub q: Option<String>,
    /// The first day; today unless given.
    #[filter(label = "From")]
    pub from: Option<Date>,
    /// The last day; six days after the first one unless given.
    #[filter(label = "To")]
    pub to: Option<Date>,
    /// The time zone of days and times; UTC unless given.
    #[filter(label = "Time zone")]
    pub zone: Option<ZoneName>,
    /// What starts.
    #[filter(label = "Kind", any = "All kinds", column = "kind", folded)]
    pub kind: Option<CalendarKind>,
    /// How it ended.
    #[filter(label = "State", any = "All states", column = "state")]
    pub state: Option<CalendarState>,
    /// A customer's id.
    #[filter(label = "Customer", any = "All customers", choices = customers, column = "customer_id")]
    pub customer: Option<String>,
    /// A provider's code.
    #[filter(label = "Provider", any = "All providers", choices = providers, column = "provider", folded)]
    pub provider: Option<String>,
    /// An account's id.
    #[filter(label = "Account", any = "All accounts", choices = accounts, column = "account_id")]
    pub account: Option<AccountId>,
    /// Only what targets this instance.
    #[filter(label = "Instance ID", folded)]
    pub instance: Option<InstanceId>,
    pub order: Order<CalendarRow>,
    pub window: Window,
}

impl CalendarFilter {
    fn in_order(self) -> Result<Self, QueryError> {
        check_days(self.from, self.to)?;
        match (self.from, self.to) {
            (Some(from), Some(to)) if from.saturating_add(Span::new().days(DAYS_MAX - 1)) < to => {
                Err(QueryError::value(
                    "to",
                    to.to_string(),
                    format!("a day less than {DAYS_MAX} days after `from`, {from}"),
                ))
            }
            _ => Ok(self),
        }
    }

    pub fn time_zone(&self) -> TimeZone {
        self.zone.as_ref().map_or(TimeZone::UTC, ZoneName::zone)
    }

    /// The first and the last day that are meant.
    pub fn range(&self, today: Date) -> (Date, Date) {
        let further = |days: i64| Span::new().days(days);
        let from = self.from.unwrap_or_else(|| match self.to {
            Some(to) if to < today || to > today.saturating_add(further(DAYS_MAX - 1)) => {
                to.saturating_sub(further(DAYS_DEFAULT - 1))
            }
            _ => today,
        });
        (from, self.to.unwrap_or_else(|| from.saturating_add(further(DAYS_DEFAULT - 1))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_query_string_that_it_read() {
        let query = "q=web&from=2026-11-30&to=2026-12-06&zone=UTC&kind=policy_scan&state=missed&customer=c&provider=aws\
                     &account=402155771038&instance=i-0cb2b964d3e14fd9f&sort=instances&dir=asc&page=2";
        for query in ["", query] {
            assert_eq!(CalendarFilter::from_query(query).expect(query).to_query(), query);
        }
    }

    #[test]
    fn refuses_days_that_are_not_a_range_and_zones_that_do_not_exist() {
        for query in ["from=2026-12-02&to=2026-12-01", "from=2026-01-01&to=2026-12-01", "zone=Mars/Olympus"] {
            assert!(CalendarFilter::from_query(query).is_err(), "{query}");
        }
    }

    #[test]
    fn lists_a_week_unless_the_days_are_given() {
        let today = "2026-11-30".parse().expect("a day");
        for (query, from, to) in [
            ("", "2026-11-30", "2026-12-06"),
            ("from=2026-12-24", "2026-12-24", "2026-12-30"),
            ("to=2026-12-03", "2026-11-30", "2026-12-03"),
            ("to=2026-11-01", "2026-10-26", "2026-11-01"),
            ("to=2027-06-07", "2027-06-01", "2027-06-07"),
        ] {
            let (first, last) = CalendarFilter::from_query(query).expect(query).range(today);
            assert_eq!((first.to_string().as_str(), last.to_string().as_str()), (from, to), "{query}");
        }
    }
}
