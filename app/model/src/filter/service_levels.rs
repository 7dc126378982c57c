//! Filters of the service-level page.

use super::QueryError;
use crate::{
    ids::AccountId,
    query_string::{Params, QueryWriter},
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceLevelFilter {
    pub customer: Option<String>,
    pub provider: Option<String>,
    pub account: Option<AccountId>,
}

impl ServiceLevelFilter {
    pub fn from_query(query: &str) -> Result<Self, QueryError> {
        let mut params = Params::parse(query);
        let filter = Self {
            customer: params.text("customer"),
            provider: params.text("provider"),
            account: params.value("account", "an account id", |text| text.parse().ok())?,
        };
        params.finish()?;
        Ok(filter)
    }

    pub fn to_query(&self) -> String {
        QueryWriter::default()
            .text("customer", self.customer.as_deref())
            .text("provider", self.provider.as_deref())
            .text("account", self.account.as_ref().map(AccountId::as_str))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_string_survives_the_round_trip() {
        let query = "customer=c-2001&provider=aws&account=402155771038";
        assert_eq!(ServiceLevelFilter::from_query(query).expect(query).to_query(), query);
    }
}
