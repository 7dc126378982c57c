//! One day of one site: which instances are scanned and patched when, and the commands that do it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, civil::Date};

use super::{
    Command, Group, Invocation, Operation, Outcome, Site, Trouble, TrueTransition, WindowExecution,
    operation::{self, Run},
};
use crate::{clock, random::Random};

/// How long a command waits for an agent that does not respond.
const DELIVERY_TIMEOUT_SECONDS: i64 = 3_600;

/// The instances of one command start within this time.
const STAGGER_SECONDS: u64 = 900;

/// The longest operation on one instance.
const OPERATION_SECONDS_MAX: i64 = 900;

/// Scans start in these hours, so that the last one ends before the next harvest time.
const SCAN_HOURS: (i64, i64) = (4, 23);

/// Instances without a patch group have no window. They are patched manually once in this many days.
const MANUAL_PATCHING_DAYS: i64 = 28;

/// A command to be sent.
struct Plan {
    operation: Operation,
    no_reboot: bool,
    group: Option<Group>,
    comment: String,
    at: Timestamp,
    instances: Vec<usize>,
    /// Index of the window that sends it.
    window: Option<usize>,
}

/// One day, from one harvest time to the next.
pub struct Day<'a> {
    pub from: Date,
    pub random: Random,
    pub history: &'a mut Vec<TrueTransition>,
}

/// Simulates the day that begins at the harvest time of `from`.
pub fn simulate(site: &mut Site, seed: u64, from: Date, history: &mut Vec<TrueTransition>) {
    let random = Random::labelled(seed, &format!("{}/{}/{from}", site.systems_account, site.region));
    let mut day = Day { from, random, history };
    reboot_delayed(site, from);
    let mut plans = day.plans(site);
    plans.sort_by_key(|plan| plan.at);
    for plan in plans {
        day.execute(site, plan);
    }
}

/// Reboots that were delayed happen in the morning, before any operation.
fn reboot_delayed(site: &mut Site, today: Date) {
    for instance in &mut site.instances {
        let cannot_reboot = instance.has(Trouble::NoReboot, today) || !instance.is_online(today);
        let Some(since) = instance.reboot_pending_since.filter(|_| !cannot_reboot) else { continue };
        if clock::days_between(since, today) >= instance.reboot_after_days {
            operation::reboot(instance, clock::at(today, 3, 5));
        }
    }
}

impl Day<'_> {
    /// Runs an operation on one instance at a time of the day at which nothing else runs.
    pub fn run_manually(&mut self, site: &mut Site, index: usize, operation: Operation) {
        let before = clock::seconds(STAGGER_SECONDS as i64 + OPERATION_SECONDS_MAX);
        let at = clock::harvest_time(self.from) - before;
        self.execute(site, plan(operation, "By hand", at, vec![index]));
    }

    fn plans(&mut self, site: &Site) -> Vec<Plan> {
        let from = self.from;
        let mut plans = Vec::new();
        let mut busy = vec![false; site.instances.len()];
        for (index, window) in site.windows.iter().enumerate() {
            let Some(opening) = window.opening(from) else { continue };
            for no_reboot in [false, true] {
                let instances = window_members(site, window.group, no_reboot, from);
                instances.iter().for_each(|&at| busy[at] = true);
                let at = opening + clock::seconds(if no_reboot { 60 } else { 5 });
                let plan = plan(Operation::Install, "", at, instances);
                plans.push(Plan { no_reboot, group: Some(window.group), window: Some(index), ..plan });
            }
        }
        let patched_manually = available(site, &mut busy, |index| {
            let instance = &site.instances[index];
            let is_due = clock::days_between(instance.joined, from) % MANUAL_PATCHING_DAYS == 9;
            let is_frozen = instance.has(Trouble::ChangeFreeze, from);
            instance.group.is_none() && is_due && instance.is_online(from) && !is_frozen
        });
        plans.push(plan(Operation::Install, "Patched by hand", clock::at(from, 13, 20), patched_manually));
        let scanned = available(site, &mut busy, |index| {
            let instance = &site.instances[index];
            let is_due = instance.is_scan_day(from) && instance.is_online(from);
            is_due && !instance.has(Trouble::InstallFailsUnscanned, from)
        });
        let hour = self.random.between(SCAN_HOURS.0, SCAN_HOURS.1) as i8;
        let at = clock::at(from, hour, self.random.below(60) as i8);
        // State Manager comments its commands with the ids of the association and the execution.
        let comment = format!("{}:{}", site.scan_association_id(), self.random.uuid());
        plans.push(plan(Operation::Scan, &comment, at, scanned));
        plans.retain(|plan| !plan.instances.is_empty());
        plans
    }

    fn execute(&mut self, site: &mut Site, plan: Plan) {
        let first = site.invocations.len();
        let snapshot_id: Arc<str> = self.random.uuid().into();
        let (mut ended_at, mut failed) = (plan.at, false);
        for &index in &plan.instances {
            let invocation = self.invoke(site, &plan, index, &snapshot_id);
            failed |= invocation.outcome != Outcome::Success;
            ended_at = ended_at.max(invocation.finished_at);
            site.invocations.push(invocation);
        }
        site.commands.push(Command {
            id: self.random.uuid().into(),
            operation: plan.operation,
            no_reboot: plan.no_reboot,
            group: plan.group,
            comment: plan.comment,
            requested_at: plan.at,
            invocations: first..site.invocations.len(),
        });
        if let Some(window) = plan.window {
            let window_id = site.windows[window].id.clone();
            let started_at = plan.at - clock::seconds(4);
            site.executions.push(WindowExecution { id: self.random.uuid(), window_id, failed, started_at, ended_at });
        }
    }

    fn invoke(&mut self, site: &mut Site, plan: &Plan, index: usize, snapshot_id: &Arc<str>) -> Invocation {
        let started_at = plan.at + clock::seconds(2 + self.random.below(STAGGER_SECONDS) as i64);
        let instance = &mut site.instances[index];
        let timed_out = Invocation {
            command: site.commands.len(),
            instance: index,
            outcome: Outcome::DeliveryTimedOut,
            started_at: plan.at,
            finished_at: plan.at + clock::seconds(DELIVERY_TIMEOUT_SECONDS),
            snapshot_id: snapshot_id.clone(),
            counts: None,
        };
        let baseline = site.baselines.iter().find(|baseline| baseline.is_for(instance.platform, instance.group));
        let Some(baseline) = baseline.filter(|_| instance.is_online(self.from)) else { return timed_out };
        let (shortest, longest) = match (plan.operation, instance.platform.is_windows()) {
            (Operation::Scan, false) => (3, 30),
            (Operation::Scan, true) => (20, 90),
            (Operation::Install, false) => (60, 400),
            (Operation::Install, true) => (240, OPERATION_SECONDS_MAX),
        };
        let milliseconds = self.random.between(shortest * 1_000, longest * 1_000);
        let ended_at = started_at + SignedDuration::from_millis(milliseconds);
        let run = Run {
            account_id: &site.account_id,
            region: &site.region,
            baseline,
            operation: plan.operation,
            no_reboot: plan.no_reboot,
            snapshot_id: snapshot_id.clone(),
            // The operation may run past midnight. Its own day decides what is approved.
            today: clock::date_of(started_at),
            started_at,
            ended_at,
        };
        let (outcome, counts) = run.perform(instance, self.history);
        Invocation { outcome, started_at, finished_at: ended_at, counts, ..timed_out }
    }
}

fn plan(operation: Operation, comment: &str, at: Timestamp, instances: Vec<usize>) -> Plan {
    Plan { operation, no_reboot: false, group: None, comment: comment.to_owned(), at, instances, window: None }
}

fn window_members(site: &Site, group: Group, no_reboot: bool, from: Date) -> Vec<usize> {
    let is_member = |&index: &usize| {
        let instance = &site.instances[index];
        instance.group == Some(group)
            && instance.is_current(from)
            && !instance.has(Trouble::NeverScanned, from)
            && !instance.has(Trouble::ChangeFreeze, from)
            && instance.has(Trouble::NoReboot, from) == no_reboot
    };
    (0..site.instances.len()).filter(is_member).collect()
}

/// Selects wanted instances that are not busy and can report, and marks them as busy.
fn available(site: &Site, busy: &mut [bool], is_wanted: impl Fn(usize) -> bool) -> Vec<usize> {
    let is_available = |&index: &usize| {
        let never = site.instances[index].episodes.iter().any(|episode| episode.trouble == Trouble::NeverScanned);
        !busy[index] && !never && is_wanted(index)
    };
    let chosen: Vec<usize> = (0..site.instances.len()).filter(is_available).collect();
    chosen.iter().for_each(|&index| busy[index] = true);
    chosen
}
