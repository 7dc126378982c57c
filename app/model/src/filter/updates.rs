//! Filters and order of lists of updates.

use super::{Direction, QueryError, Window, order, search, window, write_window};
use crate::{
    ids::{AccountId, InstanceId},
    query_string::{Params, QueryWriter},
    service_level::Due,
    severity::SeverityBand,
    update::UpdateState,
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateFilter {
    /// Part of a title, KB id, package name or CVE.
    pub q: Option<String>,
    pub customer: Option<String>,
    pub provider: Option<String>,
    pub account: Option<AccountId>,
    pub instance: Option<InstanceId>,
    /// The KB id or package, exactly.
    pub name: Option<String>,
    /// Any of these; all when empty.
    pub states: Vec<UpdateState>,
    pub severity: Option<SeverityBand>,
    /// Only pending updates, by their due date.
    pub due: Option<Due>,
    pub classification: Option<String>,
    pub sort: UpdateSort,
    pub direction: Direction,
    pub window: Window,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpdateSort {
    /// Failed, missing, waiting for a reboot, then the rest; the most severe first within each.
    #[default]
    Pending,
    Description,
    Classification,
    Name,
    Severity,
    InstallTime,
    InstanceName,
    FirstSeen,
    DueAt,
}

impl UpdateSort {
    pub const CODES: [(&'static str, Self); 9] = [
        ("install_status", Self::Pending),
        ("description", Self::Description),
        ("classification", Self::Classification),
        ("name", Self::Name),
        ("severity", Self::Severity),
        ("install_time", Self::InstallTime),
        ("instance_name", Self::InstanceName),
        ("first_seen_at", Self::FirstSeen),
        ("due_at", Self::DueAt),
    ];

    pub fn code(self) -> &'static str {
        Self::CODES.iter().find(|(_, sort)| *sort == self).map_or("", |(code, _)| code)
    }

    pub fn natural_direction(self) -> Direction {
        match self {
            Self::Pending | Self::Severity | Self::InstallTime => Direction::Descending,
            _ => Direction::Ascending,
        }
    }
}

impl Default for UpdateFilter {
    fn default() -> Self {
        let sort = UpdateSort::default();
        Self {
            q: None,
            customer: None,
            provider: None,
            account: None,
            instance: None,
            name: None,
            states: Vec::new(),
            severity: None,
            due: None,
            classification: None,
            sort,
            direction: sort.natural_direction(),
            window: Window::default(),
        }
    }
}

fn states(text: &str) -> Option<Vec<UpdateState>> {
    let states: Vec<_> = text.split(',').map(UpdateState::parse).collect();
    states.iter().all(|state| !matches!(state, UpdateState::Other(_))).then_some(states)
}

impl UpdateFilter {
    pub fn from_query(query: &str) -> Result<Self, QueryError> {
        let mut params = Params::parse(query);
        let filter = Self::read(&mut params)?;
        params.finish()?;
        Ok(filter)
    }

    /// Reads what belongs to updates and leaves the rest, for pages that have parameters of their own.
    pub fn read(params: &mut Params) -> Result<Self, QueryError> {
        let bands = SeverityBand::ALL.map(|band| (band.code(), band));
        let dues = Due::ALL.map(|due| (due.code(), due));
        let filter = Self {
            q: search(params)?,
            customer: params.text("customer"),
            provider: params.text("provider"),
            account: params.value("account", "an account id", |text| text.parse().ok())?,
            instance: params.value("instance", "an instance id", |text| text.parse().ok())?,
            name: params.text("name"),
            states: params
                .value("state", "states such as `Missing,Failed`, separated by commas", states)?
                .unwrap_or_default(),
            severity: params.choice("severity", &bands)?,
            due: params.choice("due", &dues)?,
            classification: params.text("classification"),
            sort: UpdateSort::default(),
            direction: Direction::default(),
            window: window(params)?,
        };
        let (sort, direction) =
            order(params, &UpdateSort::CODES, UpdateSort::default(), UpdateSort::natural_direction)?;
        Ok(Self { sort, direction, ..filter })
    }

    pub fn to_query(&self) -> String {
        self.write(QueryWriter::default()).finish()
    }

    /// Adds what belongs to updates to a page's own parameters.
    pub fn write(&self, writer: QueryWriter) -> QueryWriter {
        let sort = (self.sort != UpdateSort::default()).then(|| self.sort.code());
        let direction = (self.direction != self.sort.natural_direction()).then(|| self.direction.code());
        let states = self.states.iter().map(UpdateState::code).collect::<Vec<_>>().join(",");
        let writer = writer
            .text("q", self.q.as_deref())
            .text("customer", self.customer.as_deref())
            .text("provider", self.provider.as_deref())
            .text("account", self.account.as_ref().map(AccountId::as_str))
            .text("instance", self.instance.as_ref().map(InstanceId::as_str))
            .text("name", self.name.as_deref())
            .text("state", Some(states.as_str()).filter(|states| !states.is_empty()))
            .text("severity", self.severity.map(SeverityBand::code))
            .text("due", self.due.map(Due::code))
            .text("classification", self.classification.as_deref())
            .text("sort", sort)
            .text("dir", direction);
        write_window(writer, self.window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_string_survives_the_round_trip() {
        for query in [
            "",
            "q=openssl&customer=c&provider=aws&account=402155771038&instance=i-0cb2b964d3e14fd9f&name=kernel.x86_64\
             &state=Missing%2CFailed&severity=critical&due=soon&classification=Security&sort=name&dir=desc&page=2",
        ] {
            let filter = UpdateFilter::from_query(query).expect(query);
            assert_eq!(filter.to_query(), query);
        }
    }

    #[test]
    fn an_unknown_state_is_refused() {
        assert!(UpdateFilter::from_query("state=Missing,Broken").is_err());
    }
}
