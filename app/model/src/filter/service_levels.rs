//! Filters of the service-level page.

use super::Filter;
use crate::AccountId;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Filter)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServiceLevelFilter {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_query_string_that_it_read() {
        let query = "customer=c-2001&provider=aws&account=402155771038";
        assert_eq!(ServiceLevelFilter::from_query(query).expect(query).to_query(), query);
    }
}
