//! One instance: its identity, its software, and its last patch report.

use std::{net::Ipv4Addr, sync::Arc};

use jiff::{SignedDuration, Timestamp, civil::Date};

use super::{AgentUpdates, Episode, GeneratedRows, Group, Package, Report, Trouble};
use crate::{catalogue::Platform, clock, random};

/// The role that hybrid nodes were activated with.
pub const HYBRID_ROLE: &str = "SSMServiceRole";

/// The agent's ping interval.
const HEARTBEAT_SECONDS: u64 = 300;

/// The days on which an instance is scanned. Weekdays count from Monday, which is 0.
#[derive(Clone, Copy, Debug)]
pub enum ScanDays {
    Daily,
    Twice(i8, i8),
}

#[derive(Clone, Debug)]
pub struct Instance {
    pub id: Arc<str>,
    pub platform: &'static Platform,
    pub computer_name: Arc<str>,
    /// The Name of a hybrid node, the Name tag of an EC2 node.
    pub name: Arc<str>,
    pub ip_address: Ipv4Addr,
    pub group: Option<Group>,
    pub activation_id: Arc<str>,
    pub source_id: Arc<str>,
    pub source_type: &'static str,
    pub source_location: &'static str,
    pub agent: AgentUpdates,
    pub joined: Date,
    pub registered_at: Timestamp,
    /// The first day on which it no longer exists.
    pub left: Option<Date>,
    pub scan_days: ScanDays,
    pub episodes: Vec<Episode>,
    pub packages: Vec<Package>,
    /// Replaces the packages of a generated instance.
    pub generated_rows: Option<GeneratedRows>,
    pub report: Option<Report>,
    /// Days from an installation without a reboot to the reboot.
    pub reboot_after_days: i64,
    pub reboot_pending_since: Option<Date>,
    /// The last reboot that completed an installation. Cleared by the next report.
    pub rebooted_at: Option<Timestamp>,
}

impl Instance {
    pub fn has(&self, trouble: Trouble, today: Date) -> bool {
        self.episodes.iter().any(|episode| episode.trouble == trouble && episode.covers(today))
    }

    pub fn is_hybrid(&self) -> bool {
        self.id.starts_with("mi-")
    }

    /// Whether DescribeInstanceInformation lists it.
    pub fn is_current(&self, today: Date) -> bool {
        self.exists(today) && !self.has(Trouble::Stopped, today)
    }

    pub fn exists(&self, today: Date) -> bool {
        self.joined <= today && !self.is_gone(today)
    }

    pub fn is_gone(&self, today: Date) -> bool {
        self.left.is_some_and(|left| left <= today)
    }

    pub fn is_online(&self, today: Date) -> bool {
        self.is_current(today) && !self.has(Trouble::Offline, today)
    }

    /// The last day on which its agent responded.
    pub fn last_day_seen(&self, today: Date) -> Date {
        let silent = |episode: &&Episode| {
            matches!(episode.trouble, Trouble::Offline | Trouble::Stopped) && episode.covers(today)
        };
        let gone = self.left.filter(|&left| left <= today);
        let silent_since = gone.or_else(|| self.episodes.iter().find(silent).map(|episode| episode.from));
        silent_since.map_or(today, |since| clock::plus_days(since, -1))
    }

    pub fn last_ping_at(&self, now: Timestamp) -> Timestamp {
        let today = clock::date_of(now);
        let hash = random::hash(&self.id);
        if self.is_online(today) {
            let of_today = hash ^ today.day_of_year().unsigned_abs() as u64;
            return now - SignedDuration::from_millis((of_today % (HEARTBEAT_SECONDS * 1_000)) as i64);
        }
        clock::at(self.last_day_seen(today), 4, 0) + clock::seconds((hash % 60_000) as i64)
    }

    pub fn agent_version(&self, today: Date) -> &'static str {
        self.agent.version(self.last_day_seen(today))
    }

    pub fn is_scan_day(&self, day: Date) -> bool {
        let weekday = day.weekday().to_monday_zero_offset();
        match self.scan_days {
            ScanDays::Daily => true,
            ScanDays::Twice(first, second) => weekday == first || weekday == second,
        }
    }

    pub fn resource_type(&self) -> &'static str {
        if self.is_hybrid() { "ManagedInstance" } else { "EC2Instance" }
    }

    /// The value of its `Patch Group` tag, or an empty text.
    pub fn group_name(&self) -> &'static str {
        self.group.map_or("", Group::name)
    }
}
