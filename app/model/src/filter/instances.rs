//! Filters and order of the list of instances.

use super::{Direction, QueryError, Window, order, search, window, write_window};
use crate::{
    ids::AccountId,
    patch_status::PatchStatus,
    query_string::{Params, QueryWriter},
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceFilter {
    /// Part of a name, computer name, id or address.
    pub q: Option<String>,
    pub customer: Option<String>,
    pub provider: Option<String>,
    pub account: Option<AccountId>,
    pub status: Option<PatchStatus>,
    pub online: Option<bool>,
    pub agent: Option<AgentFilter>,
    /// Only instances with (or without) an update in Missing or Failed.
    pub pending: Option<bool>,
    /// By the latest finished Install run of the last 30 days.
    pub run: Option<RunFilter>,
    /// The operating system's name as Systems Manager reports it.
    pub platform: Option<String>,
    /// A patch group; `none` for instances outside any.
    pub patch_group: Option<String>,
    pub sort: InstanceSort,
    pub direction: Direction,
    pub window: Window,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentFilter {
    Latest,
    Outdated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunFilter {
    Succeeded,
    Failed,
    /// Either of the two.
    Finished,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstanceSort {
    /// Worst first: failed, pending, waiting for a reboot, stale, no data; the most critical within each.
    #[default]
    Worst,
    Name,
    Account,
    Platform,
    AgentVersion,
    LastPing,
    Missing,
    CriticalMissing,
    Failed,
    PendingReboot,
    PatchGroup,
    LastScan,
}

impl AgentFilter {
    pub const CODES: [(&'static str, Self); 2] = [("latest", Self::Latest), ("outdated", Self::Outdated)];

    pub fn code(self) -> &'static str {
        match self {
            Self::Latest => "latest",
            Self::Outdated => "outdated",
        }
    }
}

impl RunFilter {
    pub const CODES: [(&'static str, Self); 3] =
        [("succeeded", Self::Succeeded), ("failed", Self::Failed), ("finished", Self::Finished)];

    pub fn code(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Finished => "finished",
        }
    }
}

impl InstanceSort {
    pub const CODES: [(&'static str, Self); 12] = [
        ("worst", Self::Worst),
        ("name", Self::Name),
        ("account_name", Self::Account),
        ("platform_name", Self::Platform),
        ("agent_version", Self::AgentVersion),
        ("last_ping_at", Self::LastPing),
        ("missing", Self::Missing),
        ("critical_missing", Self::CriticalMissing),
        ("failed", Self::Failed),
        ("pending_reboot", Self::PendingReboot),
        ("patch_group", Self::PatchGroup),
        ("last_scan_at", Self::LastScan),
    ];

    pub fn code(self) -> &'static str {
        Self::CODES.iter().find(|(_, sort)| *sort == self).map_or("", |(code, _)| code)
    }

    /// The direction that puts what needs work first.
    pub fn natural_direction(self) -> Direction {
        match self {
            Self::Worst | Self::Missing | Self::CriticalMissing | Self::Failed | Self::PendingReboot => {
                Direction::Descending
            }
            _ => Direction::Ascending,
        }
    }
}

impl Default for InstanceFilter {
    fn default() -> Self {
        let sort = InstanceSort::default();
        Self {
            q: None,
            customer: None,
            provider: None,
            account: None,
            status: None,
            online: None,
            agent: None,
            pending: None,
            run: None,
            platform: None,
            patch_group: None,
            sort,
            direction: sort.natural_direction(),
            window: Window::default(),
        }
    }
}

const YES_NO: [(&str, bool); 2] = [("true", true), ("false", false)];

fn yes_no(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

impl InstanceFilter {
    pub fn from_query(query: &str) -> Result<Self, QueryError> {
        let mut params = Params::parse(query);
        let statuses = PatchStatus::ALL.map(|status| (status.code(), status));
        let filter = Self {
            q: search(&mut params)?,
            customer: params.text("customer"),
            provider: params.text("provider"),
            account: params.value("account", "an account id", |text| text.parse().ok())?,
            status: params.choice("status", &statuses)?,
            online: params.choice("online", &YES_NO)?,
            agent: params.choice("agent", &AgentFilter::CODES)?,
            pending: params.choice("pending", &YES_NO)?,
            run: params.choice("run", &RunFilter::CODES)?,
            platform: params.text("platform"),
            patch_group: params.text("patch_group"),
            sort: InstanceSort::default(),
            direction: Direction::default(),
            window: window(&mut params)?,
        };
        let (sort, direction) =
            order(&mut params, &InstanceSort::CODES, InstanceSort::default(), InstanceSort::natural_direction)?;
        params.finish()?;
        Ok(Self { sort, direction, ..filter })
    }

    pub fn to_query(&self) -> String {
        let sort = (self.sort != InstanceSort::default()).then(|| self.sort.code());
        let direction = (self.direction != self.sort.natural_direction()).then(|| self.direction.code());
        let writer = QueryWriter::default()
            .text("q", self.q.as_deref())
            .text("customer", self.customer.as_deref())
            .text("provider", self.provider.as_deref())
            .text("account", self.account.as_ref().map(AccountId::as_str))
            .text("status", self.status.map(PatchStatus::code))
            .text("online", self.online.map(yes_no))
            .text("agent", self.agent.map(AgentFilter::code))
            .text("pending", self.pending.map(yes_no))
            .text("run", self.run.map(RunFilter::code))
            .text("platform", self.platform.as_deref())
            .text("patch_group", self.patch_group.as_deref())
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
            "q=web+01&customer=c&provider=gcp&account=nw-analytics-291&status=pending_reboot&online=false&agent=outdated\
             &pending=true&run=failed&platform=Ubuntu&patch_group=none&sort=last_scan_at&dir=desc&page=2&per_page=100",
        ] {
            let filter = InstanceFilter::from_query(query).expect(query);
            assert_eq!(filter.to_query(), query);
        }
    }

    #[test]
    fn a_wrong_value_is_refused_and_named() {
        let message = InstanceFilter::from_query("status=sad").expect_err("not a status").to_string();
        assert!(message.starts_with("`status=sad` is not a value of `status`; it takes `up_to_date`, "), "{message}");
        assert!(InstanceFilter::from_query("page=0").is_err());
        assert!(InstanceFilter::from_query("per_page=100000").is_err());
        assert!(InstanceFilter::from_query("account=a'b").is_err());
    }

    #[test]
    fn the_cursor_of_an_answer_continues_it() {
        let filter = InstanceFilter::from_query("cursor=50").expect("a cursor");
        assert_eq!(filter.window.offset, 50);
    }
}
