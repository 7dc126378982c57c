//! Filters and order of the customers' board.

use super::{ChangesFilter, Filter, Order, Window};
use crate::CustomerRow;
use jiff::civil::Date;

#[derive(Clone, Debug, Default, PartialEq, Eq, Filter)]
pub struct CustomersFilter {
    /// Words, each part of a customer's name or id.
    #[filter(label = "Customer", search)]
    pub q: Option<String>,
    /// A customer's id.
    #[filter(column = "customer_id")]
    pub customer: Option<String>,
    /// A provider's code.
    #[filter(label = "Provider", any = "All providers", choices = providers, column = "provider")]
    pub provider: Option<String>,
    /// The day at whose end the comparison starts; seven days before unless given.
    #[filter(label = "Changes since the end of")]
    pub since: Option<Date>,
    pub order: Order<CustomerRow>,
    pub window: Window,
}

impl CustomersFilter {
    /// The changes that the board counts.
    pub fn changes(&self) -> ChangesFilter {
        let Self { customer, provider, since, .. } = self.clone();
        ChangesFilter { customer, provider, since, ..ChangesFilter::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_query_string_that_it_read() {
        for query in ["", "q=north&customer=c-1&provider=aws&since=2025-11-01&sort=overdue&dir=asc&page=2"] {
            assert_eq!(CustomersFilter::from_query(query).expect(query).to_query(), query);
        }
    }
}
