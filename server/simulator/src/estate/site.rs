//! A site is one systems account in one Region: everything that SSM knows there.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};

use super::{Account, Baseline, Command, Group, Instance, Invocation, Policy, Window, WindowExecution};
use crate::{catalogue::Platform, clock, random::Random};

/// SSM forgets commands after this many days.
pub const COMMAND_DAYS: i64 = 30;

#[derive(Clone, Debug)]
pub struct Site {
    /// The cloud that its hybrid nodes run in.
    pub provider: Arc<str>,
    pub account_id: Arc<str>,
    pub systems_account: Arc<str>,
    pub region: Arc<str>,
    /// Ordered by id. Includes instances that have not joined yet and instances that have left.
    pub instances: Vec<Instance>,
    pub baselines: Vec<Baseline>,
    pub windows: Vec<Window>,
    pub policies: Vec<Policy>,
    /// Ordered by time.
    pub commands: Vec<Command>,
    /// Ordered by command.
    pub invocations: Vec<Invocation>,
    /// Ordered by time.
    pub executions: Vec<WindowExecution>,
    /// Index of the instance that a generated site scans next.
    pub(super) next_to_scan: usize,
}

impl Site {
    /// A site without instances.
    pub(super) fn new(account: &Account, region: &Arc<str>, baselines: Vec<Baseline>, windows: Vec<Window>) -> Site {
        Site {
            provider: account.provider.as_str().into(),
            account_id: account.account_id.clone(),
            systems_account: account.systems_account.clone(),
            region: region.clone(),
            instances: Vec::new(),
            baselines,
            windows,
            policies: Vec::new(),
            commands: Vec::new(),
            invocations: Vec::new(),
            executions: Vec::new(),
            next_to_scan: 0,
        }
    }

    pub fn instance(&self, id: &str) -> Option<&Instance> {
        self.instances.get(self.index_of(id)?)
    }

    pub(super) fn index_of(&self, id: &str) -> Option<usize> {
        self.instances.binary_search_by(|instance| (*instance.id).cmp(id)).ok()
    }

    pub fn baseline_for(&self, platform: &Platform, group: Option<Group>) -> Option<&Baseline> {
        self.baselines.iter().find(|baseline| baseline.is_for(platform, group))
    }

    /// The commands that SSM still remembers, oldest first.
    pub fn remembered_commands(&self, today: Date) -> &[Command] {
        let oldest: Timestamp = clock::harvest_time(clock::plus_days(today, -COMMAND_DAYS));
        let from = self.commands.partition_point(|command| command.requested_at < oldest);
        &self.commands[from..]
    }

    pub fn invocations_of(&self, command: &Command) -> &[Invocation] {
        &self.invocations[command.invocations.clone()]
    }

    /// The id of the association that scans the site's instances. The comments of its commands start with it.
    pub fn scan_association_id(&self) -> String {
        Random::labelled(0, &self.systems_account).uuid()
    }
}
