//! One day of one site: which machines are asked to do what and when, and the commands that ask them.

use jiff::{Timestamp, civil::Date};

use super::{
    association,
    baseline::Group,
    command::{Command, Invocation, Operation, Outcome},
    operation::{self, Run},
    site::Site,
    trouble::Trouble,
    truth::TrueTransition,
    window::WindowExecution,
};
use crate::{clock, random::Random};

/// A command waits so long for an agent that does not answer.
const DELIVERY_TIMEOUT_SECONDS: i64 = 3_600;

/// Machines of one command start this far apart, and the last start still leaves room before the harvest moment.
const STAGGER_SECONDS: u64 = 900;

/// No operation on one machine lasts longer.
const LONGEST_SECONDS: i64 = 900;

/// Scans begin in these hours of the day, so that even the last one is over long before the next harvest moment.
const SCAN_HOURS: (i64, i64) = (4, 23);

/// Machines without a patch group have no window: somebody patches them by hand every so many days.
const BY_HAND_EVERY_DAYS: i64 = 28;

/// One command still to be sent, and to whom.
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

/// Lives the day that begins at `from`'s harvest moment and ends at the next one.
pub fn live(site: &mut Site, seed: u64, from: Date, history: &mut Vec<TrueTransition>) {
    let label = format!("{}/{}/{from}", site.systems_account, site.region);
    let mut random = Random::of(seed, &label);
    reboots(site, from);
    let mut plans = plans(site, from, &mut random);
    plans.sort_by_key(|plan| plan.at);
    for plan in plans {
        execute(site, plan, from, &mut random, history);
    }
}

/// One machine at once, at a time of the day at which nothing else runs.
pub fn by_hand(
    site: &mut Site,
    index: usize,
    operation: Operation,
    today: Date,
    random: &mut Random,
    history: &mut Vec<TrueTransition>,
) {
    let before = clock::seconds(STAGGER_SECONDS as i64 + LONGEST_SECONDS);
    let at = clock::tick(today) - before;
    execute(site, plan_of(operation, "By hand", at, vec![index]), today, random, history);
}

/// Reboots that were put off happen in the morning, before anything else.
fn reboots(site: &mut Site, from: Date) {
    for instance in &mut site.instances {
        let held_back = instance.has(Trouble::NoReboot, from) || !instance.is_online(from);
        let Some(since) = instance.reboot_pending_since.filter(|_| !held_back) else { continue };
        if clock::days_between(since, from) >= instance.reboot_after_days {
            operation::reboot(instance, clock::at(from, 3, 5));
        }
    }
}

fn plans(site: &Site, from: Date, random: &mut Random) -> Vec<Plan> {
    let mut plans = Vec::new();
    let mut busy = vec![false; site.instances.len()];
    for (index, window) in site.windows.iter().enumerate() {
        let Some(opening) = window.opening(from) else { continue };
        for no_reboot in [false, true] {
            let instances = window_members(site, window.group, no_reboot, from);
            instances.iter().for_each(|&at| busy[at] = true);
            let at = opening + clock::seconds(if no_reboot { 60 } else { 5 });
            plans.push(Plan {
                operation: Operation::Install,
                no_reboot,
                group: Some(window.group),
                comment: String::new(),
                at,
                instances,
                window: Some(index),
            });
        }
    }
    let by_hand = members(site, &mut busy, |index| {
        let instance = &site.instances[index];
        let turn = clock::days_between(instance.joined, from) % BY_HAND_EVERY_DAYS == 9;
        instance.group.is_none() && turn && instance.is_online(from) && !instance.has(Trouble::Frozen, from)
    });
    plans.push(plan_of(Operation::Install, "Patched by hand", clock::at(from, 13, 20), by_hand));
    let scanned = members(site, &mut busy, |index| {
        let instance = &site.instances[index];
        let due = instance.is_scan_day(from) && instance.is_online(from);
        due && !instance.has(Trouble::StubbornUnscanned, from)
    });
    let hour = random.between(SCAN_HOURS.0, SCAN_HOURS.1) as i8;
    let at = clock::at(from, hour, random.below(60) as i8);
    // The comment of a command that State Manager sends: association and execution.
    let comment = format!("{}:{}", association::scan_id(site), random.uuid());
    plans.push(plan_of(Operation::Scan, &comment, at, scanned));
    plans.retain(|plan| !plan.instances.is_empty());
    plans
}

fn plan_of(operation: Operation, comment: &str, at: Timestamp, instances: Vec<usize>) -> Plan {
    Plan { operation, no_reboot: false, group: None, comment: comment.to_owned(), at, instances, window: None }
}

fn window_members(site: &Site, group: Group, no_reboot: bool, from: Date) -> Vec<usize> {
    let belongs = |&index: &usize| {
        let instance = &site.instances[index];
        instance.group == Some(group)
            && instance.is_current(from)
            && !instance.has(Trouble::NeverScanned, from)
            && !instance.has(Trouble::Frozen, from)
            && instance.has(Trouble::NoReboot, from) == no_reboot
    };
    (0..site.instances.len()).filter(belongs).collect()
}

/// Those that are free, can report and are wanted; they are busy from now on.
fn members(site: &Site, busy: &mut [bool], wanted: impl Fn(usize) -> bool) -> Vec<usize> {
    let free = |&index: &usize| {
        let never = site.instances[index].episodes.iter().any(|episode| episode.trouble == Trouble::NeverScanned);
        !busy[index] && !never && wanted(index)
    };
    let chosen: Vec<usize> = (0..site.instances.len()).filter(free).collect();
    chosen.iter().for_each(|&index| busy[index] = true);
    chosen
}

fn execute(site: &mut Site, plan: Plan, from: Date, random: &mut Random, history: &mut Vec<TrueTransition>) {
    let command = site.commands.len();
    let first = site.invocations.len();
    let snapshot_id: std::sync::Arc<str> = random.uuid().into();
    let (mut ended_at, mut failed) = (plan.at, false);
    for &index in &plan.instances {
        let started_at = plan.at + clock::seconds(2 + random.below(STAGGER_SECONDS) as i64);
        let invocation = invoke(site, &plan, index, (from, started_at, &snapshot_id), random, history);
        failed |= invocation.outcome != Outcome::Success;
        ended_at = ended_at.max(invocation.finished_at);
        site.invocations.push(Invocation { command, ..invocation });
    }
    site.commands.push(Command {
        id: random.uuid().into(),
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
        site.executions.push(WindowExecution { id: random.uuid(), window_id, failed, started_at, ended_at });
    }
}

fn invoke(
    site: &mut Site,
    plan: &Plan,
    index: usize,
    (from, started_at, snapshot_id): (Date, Timestamp, &std::sync::Arc<str>),
    random: &mut Random,
    history: &mut Vec<TrueTransition>,
) -> Invocation {
    let snapshot_id = snapshot_id.clone();
    let instance = &mut site.instances[index];
    let windows = instance.platform.is_windows();
    let timed_out = Invocation {
        command: 0,
        instance: index,
        outcome: Outcome::DeliveryTimedOut,
        started_at: plan.at,
        finished_at: plan.at + clock::seconds(DELIVERY_TIMEOUT_SECONDS),
        snapshot_id: snapshot_id.clone(),
        counts: None,
    };
    let baseline = site.baselines.iter().find(|baseline| baseline.is_for(instance.platform, instance.group));
    let Some(baseline) = baseline.filter(|_| instance.is_online(from)) else { return timed_out };
    let (shortest, longest) = match (plan.operation, windows) {
        (Operation::Scan, false) => (3, 30),
        (Operation::Scan, true) => (20, 90),
        (Operation::Install, false) => (60, 400),
        (Operation::Install, true) => (240, LONGEST_SECONDS),
    };
    // Within the operation's milliseconds, like the real ones.
    let milliseconds = random.between(shortest * 1_000, longest * 1_000);
    let ended_at = started_at + jiff::SignedDuration::from_millis(milliseconds);
    let run = Run {
        operation: plan.operation,
        no_reboot: plan.no_reboot,
        snapshot_id: snapshot_id.clone(),
        baseline,
        // Approvals are counted at the day the operation runs, which may be past midnight.
        today: clock::date_of(started_at),
        started_at,
        ended_at,
    };
    let (outcome, counts) = operation::perform(instance, &run, (&site.account_id, &site.region), history);
    Invocation { command: 0, instance: index, outcome, started_at, finished_at: ended_at, snapshot_id, counts }
}
