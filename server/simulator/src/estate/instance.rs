//! One machine: who it is, what is on it, and what SSM last heard of its patches.

use std::{borrow::Cow, net::Ipv4Addr, sync::Arc};

use jiff::{Timestamp, civil::Date};

use super::{
    agent::AgentUpdates,
    baseline::{Baseline, Group},
    command::Operation,
    generated::recipe::Recipe,
    report::{Counts, Row},
    trouble::{Episode, Trouble},
};
use crate::{
    catalogue::{Chain, Platform, Rule},
    clock, random,
};

/// The role that hybrid nodes were activated with.
pub const HYBRID_ROLE: &str = "SSMServiceRole";

/// The agent reports so often.
const HEARTBEAT_SECONDS: u64 = 300;

/// One release on the machine.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    /// Index in the chain's releases.
    pub position: u16,
    /// Debian's and Ubuntu's agents do not know it for what came with the image.
    pub installed_at: Option<Timestamp>,
    pub needs_reboot: bool,
}

/// What the machine has of one chain, oldest first.
#[derive(Clone, Debug)]
pub struct Package {
    /// Index in the platform's chains.
    pub chain: u16,
    pub held: Vec<Held>,
}

impl Package {
    pub fn newest(&self) -> Option<usize> {
        self.held.last().map(|held| usize::from(held.position))
    }

    pub fn holds(&self, position: usize) -> bool {
        self.held.iter().any(|held| usize::from(held.position) == position)
    }

    /// The newest approved release, if it is newer than what is there.
    pub fn pending_update(&self, chain: &Chain, approved_until: Date, baseline: &Baseline) -> Option<usize> {
        let approved = chain.newest_until(approved_until)?;
        let release = crate::catalogue::catalogue().release(chain.releases[approved]);
        let is_newer = self.newest().is_none_or(|newest| approved > newest);
        (is_newer && !baseline.rejects(release)).then_some(approved)
    }

    pub fn install(&mut self, chain: &Chain, held: Held) {
        let keep = match chain.rule {
            Rule::Keep(count) => count.max(1),
            _ => 1,
        };
        self.held.push(held);
        let surplus = self.held.len().saturating_sub(keep);
        self.held.drain(..surplus);
    }
}

/// What DescribeInstancePatchStates knows beside the counts.
#[derive(Clone, Debug)]
pub struct Report {
    pub(super) rows: Rows,
    pub counts: Counts,
    pub baseline_id: Arc<str>,
    pub snapshot_id: Arc<str>,
    pub operation: Operation,
    pub no_reboot: bool,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    pub last_no_reboot_install_at: Option<Timestamp>,
}

/// Where a report's rows are: a machine that lives keeps them, a generated one makes them when it is asked.
#[derive(Clone, Debug)]
pub(super) enum Rows {
    Kept(Vec<Row>),
    Generated {
        recipe: Recipe,
        platform: &'static Platform,
        /// How many scans there have been before.
        generation: u32,
    },
}

impl Report {
    /// One row an update, always in the same order.
    pub fn rows(&self) -> Cow<'_, [Row]> {
        match &self.rows {
            Rows::Kept(rows) => Cow::Borrowed(rows),
            Rows::Generated { recipe, platform, generation } => Cow::Owned(recipe.rows(platform, *generation)),
        }
    }

    pub(super) fn generation(&self) -> u32 {
        match self.rows {
            Rows::Kept(_) => 0,
            Rows::Generated { generation, .. } => generation,
        }
    }
}

/// Days of the week on which a machine is scanned, as offsets from its site's week.
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
    /// The first day without it.
    pub left: Option<Date>,
    pub scan_days: ScanDays,
    pub episodes: Vec<Episode>,
    pub packages: Vec<Package>,
    /// Instead of packages, where the machine is worked out and not lived.
    pub recipe: Option<Recipe>,
    pub report: Option<Report>,
    /// Days a reboot lets itself be waited for after an installation without one.
    pub reboot_after_days: i64,
    pub reboot_pending_since: Option<Date>,
    /// When what needed a reboot got it; until the next report.
    pub rebooted_at: Option<Timestamp>,
}

impl Instance {
    pub fn has(&self, trouble: Trouble, today: Date) -> bool {
        self.episodes.iter().any(|episode| episode.trouble == trouble && episode.covers(today))
    }

    pub fn is_hybrid(&self) -> bool {
        self.id.starts_with("mi-")
    }

    /// Listed by DescribeInstanceInformation.
    pub fn is_current(&self, today: Date) -> bool {
        self.exists(today) && !self.has(Trouble::Away, today)
    }

    pub fn exists(&self, today: Date) -> bool {
        self.joined <= today && self.left.is_none_or(|left| today < left)
    }

    pub fn is_online(&self, today: Date) -> bool {
        self.is_current(today) && !self.has(Trouble::Offline, today)
    }

    /// The day since which it does not answer.
    pub fn silent_since(&self, today: Date) -> Option<Date> {
        let silent = |episode: &&Episode| matches!(episode.trouble, Trouble::Offline | Trouble::Away);
        self.episodes.iter().filter(silent).find(|episode| episode.covers(today)).map(|episode| episode.from)
    }

    /// The last day on which its agent answered.
    pub fn last_day_seen(&self, today: Date) -> Date {
        let gone = self.left.filter(|&left| left <= today);
        let silent = gone.or_else(|| self.silent_since(today));
        silent.map_or(today, |since| clock::plus_days(since, -1))
    }

    pub fn last_ping_at(&self, now: Timestamp) -> Timestamp {
        let today = clock::date_of(now);
        let hash = random::hash(&self.id) ^ today.day_of_year().unsigned_abs() as u64;
        if self.is_online(today) {
            let milliseconds = (hash % (HEARTBEAT_SECONDS * 1_000)) as i64;
            return now - jiff::SignedDuration::from_millis(milliseconds);
        }
        // Silent since some moment of the last day on which it was seen.
        let silent = random::hash(&self.id) % 60_000;
        clock::at(self.last_day_seen(today), 4, 0) + clock::seconds(silent as i64)
    }

    pub fn is_scan_day(&self, from: Date) -> bool {
        let weekday = from.weekday().to_monday_zero_offset();
        match self.scan_days {
            ScanDays::Daily => true,
            ScanDays::Twice(first, second) => weekday == first || weekday == second,
        }
    }

    pub fn resource_type(&self) -> &'static str {
        if self.is_hybrid() { "ManagedInstance" } else { "EC2Instance" }
    }
}
