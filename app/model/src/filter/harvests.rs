//! Filters of the harvest page.

use super::QueryError;
use crate::{
    freshness::HarvestState,
    harvest::ErrorClass,
    ids::AccountId,
    query_string::{Params, QueryWriter},
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HarvestFilter {
    pub account: Option<AccountId>,
    pub state: Option<HarvestState>,
    /// Only accounts with an error of this class.
    pub class: Option<ErrorClass>,
}

impl HarvestFilter {
    pub fn from_query(query: &str) -> Result<Self, QueryError> {
        let mut params = Params::parse(query);
        let states = HarvestState::ALL.map(|state| (state.code(), state));
        let classes = ErrorClass::ALL.map(|class| (class.code(), class));
        let filter = Self {
            account: params.value("account", "an account id", |text| text.parse().ok())?,
            state: params.choice("state", &states)?,
            class: params.choice("class", &classes)?,
        };
        params.finish()?;
        Ok(filter)
    }

    pub fn to_query(&self) -> String {
        QueryWriter::default()
            .text("account", self.account.as_ref().map(AccountId::as_str))
            .text("state", self.state.map(HarvestState::code))
            .text("class", self.class.map(ErrorClass::code))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_string_survives_the_round_trip() {
        let query = "account=402155771038&state=failing&class=denied";
        assert_eq!(HarvestFilter::from_query(query).expect(query).to_query(), query);
    }
}
