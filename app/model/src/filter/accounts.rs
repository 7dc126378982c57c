//! Filters and order of the Patching table.

use super::{Direction, QueryError, Window, order, search, window, write_window};
use crate::{
    freshness::HarvestState,
    query_string::{Params, QueryWriter},
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountFilter {
    /// Part of an account's or customer's name or id.
    pub q: Option<String>,
    pub customer: Option<String>,
    pub provider: Option<String>,
    pub harvest: Option<HarvestState>,
    pub sort: AccountSort,
    pub direction: Direction,
    pub window: Window,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountSort {
    AccountName,
    Instances,
    OnlineInstances,
    #[default]
    PendingOsUpdates,
    PendingAgentUpdates,
    RunSuccess,
    LastHarvest,
}

impl AccountSort {
    pub const CODES: [(&'static str, Self); 7] = [
        ("account_name", Self::AccountName),
        ("instances", Self::Instances),
        ("online_instances", Self::OnlineInstances),
        ("pending_os_updates", Self::PendingOsUpdates),
        ("pending_agent_updates", Self::PendingAgentUpdates),
        ("run_success_percent", Self::RunSuccess),
        ("last_harvest_at", Self::LastHarvest),
    ];

    pub fn code(self) -> &'static str {
        Self::CODES.iter().find(|(_, sort)| *sort == self).map_or("", |(code, _)| code)
    }

    /// The direction that puts what needs work first.
    pub fn natural_direction(self) -> Direction {
        match self {
            Self::AccountName | Self::RunSuccess | Self::LastHarvest | Self::OnlineInstances => Direction::Ascending,
            Self::Instances | Self::PendingOsUpdates | Self::PendingAgentUpdates => Direction::Descending,
        }
    }
}

impl Default for AccountFilter {
    fn default() -> Self {
        let sort = AccountSort::default();
        Self {
            q: None,
            customer: None,
            provider: None,
            harvest: None,
            sort,
            direction: sort.natural_direction(),
            window: Window::default(),
        }
    }
}

impl AccountFilter {
    pub fn from_query(query: &str) -> Result<Self, QueryError> {
        let mut params = Params::parse(query);
        let harvest_codes = HarvestState::ALL.map(|state| (state.code(), state));
        let filter = Self {
            q: search(&mut params)?,
            customer: params.text("customer"),
            provider: params.text("provider"),
            harvest: params.choice("harvest", &harvest_codes)?,
            sort: AccountSort::default(),
            direction: Direction::default(),
            window: window(&mut params)?,
        };
        let (sort, direction) =
            order(&mut params, &AccountSort::CODES, AccountSort::default(), AccountSort::natural_direction)?;
        params.finish()?;
        Ok(Self { sort, direction, ..filter })
    }

    pub fn to_query(&self) -> String {
        let sort = (self.sort != AccountSort::default()).then(|| self.sort.code());
        let direction = (self.direction != self.sort.natural_direction()).then(|| self.direction.code());
        let writer = QueryWriter::default()
            .text("q", self.q.as_deref())
            .text("customer", self.customer.as_deref())
            .text("provider", self.provider.as_deref())
            .text("harvest", self.harvest.map(HarvestState::code))
            .text("sort", sort)
            .text("dir", direction);
        write_window(writer, self.window).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_string_survives_the_round_trip() {
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
    fn the_default_is_what_an_empty_query_gives() {
        assert_eq!(AccountFilter::from_query(""), Ok(AccountFilter::default()));
    }
}
