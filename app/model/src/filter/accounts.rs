//! Filters and order of the Patching table.

use super::{Filter, Order, Window};
use crate::{AccountRow, HarvestState};

#[derive(Clone, Debug, Default, PartialEq, Eq, Filter)]
pub struct AccountFilter {
    /// Words, each part of the name or id of an account or customer.
    #[filter(search)]
    pub q: Option<String>,
    /// A customer's id.
    #[filter(label = "Customer", any = "All customers", choices = customers, column = "customer_id")]
    pub customer: Option<String>,
    /// A provider's code.
    #[filter(label = "Provider", any = "All providers", choices = providers, column = "provider")]
    pub provider: Option<String>,
    /// The state of the account's harvest.
    pub harvest: Option<HarvestState>,
    pub order: Order<AccountRow>,
    pub window: Window,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_query_string_that_it_read() {
        for query in [
            "",
            "q=retail&customer=northwind&provider=aws&harvest=failing&sort=account_name&dir=desc&page=3&per_page=20",
            "sort=instances&dir=asc",
        ] {
            let filter = AccountFilter::from_query(query).expect(query);
            assert_eq!(filter.to_query(), query);
        }
    }

    #[test]
    fn reads_the_default_from_an_empty_query() {
        assert_eq!(AccountFilter::from_query(""), Ok(AccountFilter::default()));
    }
}
