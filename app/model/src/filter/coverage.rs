//! Filters and order of the coverage ledger.

use super::{Filter, Order, Window};
use crate::{AccountId, Coverage, CoverageRow};

#[derive(Clone, Debug, Default, PartialEq, Eq, Filter)]
pub struct CoverageFilter {
    /// Words, each part of a name, computer name, id or address.
    #[filter(label = "Name, ID or address", search)]
    pub q: Option<String>,
    /// The class of coverage.
    #[filter(label = "Coverage", any = "All classes", column = "coverage")]
    pub coverage: Option<Coverage>,
    /// A customer's id.
    #[filter(label = "Customer", any = "All customers", choices = customers, column = "customer_id")]
    pub customer: Option<String>,
    /// A provider's code.
    #[filter(label = "Provider", any = "All providers", choices = providers, column = "provider")]
    pub provider: Option<String>,
    /// An account's id.
    #[filter(label = "Account", any = "All accounts", choices = accounts, column = "account_id")]
    pub account: Option<AccountId>,
    pub order: Order<CoverageRow>,
    pub window: Window,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_query_string_that_it_read() {
        for query in
            ["", "q=web&coverage=no_window&customer=c&provider=aws&account=402155771038&sort=since&dir=desc&page=2"]
        {
            assert_eq!(CoverageFilter::from_query(query).expect(query).to_query(), query);
        }
    }
}
