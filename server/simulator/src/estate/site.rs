//! One systems account in one Region: everything that SSM there knows.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};

use super::{
    baseline::{Baseline, Group},
    command::{Command, Invocation},
    instance::Instance,
    window::{Window, WindowExecution},
};
use crate::{catalogue::Platform, clock};

/// SSM forgets commands after so many days.
pub const COMMAND_DAYS: i64 = 30;

#[derive(Clone, Debug)]
pub struct Site {
    /// Whose cloud its hybrid nodes run in.
    pub provider: Arc<str>,
    pub account_id: Arc<str>,
    pub systems_account: Arc<str>,
    pub region: Arc<str>,
    /// Ordered by id; those still to come and those gone are among them.
    pub instances: Vec<Instance>,
    pub baselines: Vec<Baseline>,
    pub windows: Vec<Window>,
    /// Ordered by time.
    pub commands: Vec<Command>,
    /// Ordered by command.
    pub invocations: Vec<Invocation>,
    /// Ordered by time.
    pub executions: Vec<WindowExecution>,
    /// Index of the machine that a generated site scans next.
    pub(super) turn: usize,
}

impl Site {
    pub fn instance(&self, id: &str) -> Option<&Instance> {
        let index = self.instances.binary_search_by(|instance| (*instance.id).cmp(id)).ok()?;
        self.instances.get(index)
    }

    pub fn baseline_for(&self, platform: &Platform, group: Option<Group>) -> Option<&Baseline> {
        self.baselines.iter().find(|baseline| baseline.is_for(platform, group))
    }

    /// The commands that SSM still remembers, oldest first.
    pub fn remembered_commands(&self, today: Date) -> &[Command] {
        let oldest: Timestamp = clock::tick(clock::plus_days(today, -COMMAND_DAYS));
        let from = self.commands.partition_point(|command| command.requested_at < oldest);
        &self.commands[from..]
    }
}
