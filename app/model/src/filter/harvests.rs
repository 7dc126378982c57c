//! Filters of the harvest page.

use super::Filter;
use crate::{AccountId, ErrorClass, HarvestState};

#[derive(Clone, Debug, Default, PartialEq, Eq, Filter)]
pub struct HarvestFilter {
    /// An account's id.
    #[filter(label = "Account", any = "All accounts", choices = accounts, column = "account_id")]
    pub account: Option<AccountId>,
    /// The state of the harvest.
    #[filter(label = "State", any = "All states")]
    pub state: Option<HarvestState>,
    /// Only accounts with an error of this class.
    #[filter(label = "Error", any = "All")]
    pub class: Option<ErrorClass>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_query_string_that_it_read() {
        let query = "account=402155771038&state=failing&class=denied";
        assert_eq!(HarvestFilter::from_query(query).expect(query).to_query(), query);
    }
}
