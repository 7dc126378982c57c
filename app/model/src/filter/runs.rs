//! Filters and order of lists of runs and of their results.

use super::{Filter, Order, Window, check_days};
use crate::{
    AccountId, Exact, InvocationRow, RunContradiction, RunOperation, RunOutcome, RunRow, query_string::QueryError,
};
use jiff::{Span, civil::Date};

/// The number of days that are listed unless the URL says from when on.
const DAYS_DEFAULT: i64 = 7;

#[derive(Clone, Debug, Default, PartialEq, Eq, Filter)]
#[filter(check = Self::in_order)]
pub struct RunsFilter {
    /// The first day; six days before the last one unless given.
    #[filter(label = "From")]
    pub from: Option<Date>,
    /// The last day; today unless given.
    #[filter(label = "To")]
    pub to: Option<Date>,
    /// What they do.
    #[filter(label = "Operation", any = "All operations", column = "operation")]
    pub operation: Option<RunOperation>,
    /// Only runs with such results.
    #[filter(label = "Results", any = "All results")]
    pub outcome: Option<RunOutcome>,
    /// A customer's id.
    #[filter(label = "Customer", any = "All customers", choices = customers, column = "customer_id")]
    pub customer: Option<String>,
    /// A provider's code.
    #[filter(label = "Provider", any = "All providers", choices = providers, column = "provider", folded)]
    pub provider: Option<String>,
    /// An account's id.
    #[filter(label = "Account", any = "All accounts", choices = accounts, column = "account_id")]
    pub account: Option<AccountId>,
    pub order: Order<RunRow>,
    pub window: Window,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Filter)]
#[filter(check = Self::in_order)]
pub struct RunResultsFilter {
    /// Words, each part of the name or id of an instance, or of the id of a run.
    #[filter(label = "Instance or run", search)]
    pub q: Option<String>,
    /// The first day; six days before the last one unless given.
    #[filter(label = "From")]
    pub from: Option<Date>,
    /// The last day; today unless given.
    #[filter(label = "To")]
    pub to: Option<Date>,
    /// What they do.
    #[filter(label = "Operation", any = "All operations", column = "operation")]
    pub operation: Option<RunOperation>,
    /// How they ended.
    #[filter(label = "Result", any = "All results", column = "outcome")]
    pub outcome: Option<RunOutcome>,
    /// The code of a cause.
    #[filter(column = "cause")]
    pub cause: Option<String>,
    /// How the instance as it is contradicts the result.
    #[filter(label = "Contradicted", any = "All results", column = "contradiction")]
    pub contradiction: Option<RunContradiction>,
    /// The name of an update that is failed on the instance; only failed Install results.
    pub name: Option<Exact>,
    /// The title of that update.
    pub title: Option<Exact>,
    /// The id of a run.
    #[filter(column = "command_id")]
    pub run: Option<String>,
    /// A customer's id.
    #[filter(label = "Customer", any = "All customers", choices = customers, column = "customer_id", folded)]
    pub customer: Option<String>,
    /// A provider's code.
    #[filter(label = "Provider", any = "All providers", choices = providers, column = "provider", folded)]
    pub provider: Option<String>,
    /// An account's id.
    #[filter(label = "Account", any = "All accounts", choices = accounts, column = "account_id", folded)]
    pub account: Option<AccountId>,
    pub order: Order<InvocationRow>,
    pub window: Window,
}

impl RunsFilter {
    fn in_order(self) -> Result<Self, QueryError> {
        check_days(self.from, self.to).map(|()| self)
    }

    /// The first and the last day that are meant.
    pub fn range(&self, today: Date) -> (Date, Date) {
        range(self.from, self.to, today)
    }

    /// The results of the listed runs.
    pub fn results(&self) -> RunResultsFilter {
        let Self { from, to, operation, customer, provider, account, .. } = self.clone();
        RunResultsFilter { from, to, operation, customer, provider, account, ..RunResultsFilter::default() }
    }
}

impl RunResultsFilter {
    fn in_order(self) -> Result<Self, QueryError> {
        check_days(self.from, self.to).map(|()| self)
    }

    /// The first and the last day that are meant.
    pub fn range(&self, today: Date) -> (Date, Date) {
        range(self.from, self.to, today)
    }
}

fn range(from: Option<Date>, to: Option<Date>, today: Date) -> (Date, Date) {
    let to = to.unwrap_or_else(|| today.max(from.unwrap_or(today)));
    (from.unwrap_or_else(|| to.saturating_sub(Span::new().days(DAYS_DEFAULT - 1))), to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_query_string_that_it_read() {
        let query = "from=2025-11-01&to=2025-11-23&operation=Install&outcome=failed&customer=c&provider=aws\
                     &account=402155771038&sort=failed&dir=asc&page=2";
        for query in ["", query] {
            assert_eq!(RunsFilter::from_query(query).expect(query).to_query(), query);
        }
        let query = "q=web&from=2025-11-01&to=2025-11-23&operation=Scan&outcome=not_reached&cause=disk_full&contradiction=reboot_not_done\
                     &name=kernel&title=t&run=c-1&customer=c&provider=aws&account=402155771038&sort=cause&page=2";
        assert!(RunsFilter::from_query("from=2025-11-02&to=2025-11-01").is_err());
        for query in ["", query] {
            assert_eq!(RunResultsFilter::from_query(query).expect(query).to_query(), query);
        }
    }
}
