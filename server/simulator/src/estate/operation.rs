//! One patch operation on one machine, and the transitions it makes visible.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};

use super::{
    baseline::Baseline,
    command::{Operation, Outcome},
    instance::{Held, Instance, Report, Rows},
    report::{self, Counts, PatchState, Row},
    trouble::Trouble,
    truth::TrueTransition,
};
use crate::{
    catalogue::{Rule, catalogue},
    clock,
};

/// What is asked of the machine.
pub struct Run<'a> {
    pub operation: Operation,
    pub no_reboot: bool,
    pub snapshot_id: Arc<str>,
    pub baseline: &'a Baseline,
    pub today: Date,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
}

/// Lets the machine do it, as its troubles allow. Returns the result and what the output counts.
pub fn perform(
    instance: &mut Instance,
    run: &Run<'_>,
    place: (&Arc<str>, &Arc<str>),
    history: &mut Vec<TrueTransition>,
) -> (Outcome, Option<Counts>) {
    let troubled = |trouble| instance.has(trouble, run.today);
    if troubled(Trouble::Unreachable) {
        return (Outcome::RepositoryUnreachable, None);
    }
    if troubled(Trouble::ScanFails) {
        instance.report = Some(unknown_report(run));
        return (Outcome::ScanFailed, Some(Counts::UNKNOWN));
    }
    let contradiction = troubled(Trouble::Contradiction);
    let stubborn = troubled(Trouble::Stubborn) || troubled(Trouble::StubbornUnscanned);
    let installing = run.operation == Operation::Install;
    if installing {
        install(instance, run, stubborn);
    }
    let rows = report::rows(instance.platform, run.baseline, &instance.packages, run.today, installing);
    let counts = Counts::of(&rows);
    let old = instance.report.take();
    record(instance, run, place, old.as_ref().map(Report::rows).as_deref(), &rows, history);
    let last_no_reboot = if installing && run.no_reboot {
        Some(run.ended_at)
    } else {
        old.and_then(|report| report.last_no_reboot_install_at)
    };
    instance.report = Some(Report {
        rows: Rows::Kept(rows),
        counts,
        baseline_id: run.baseline.id.clone(),
        snapshot_id: run.snapshot_id.clone(),
        operation: run.operation,
        no_reboot: run.no_reboot,
        started_at: run.started_at,
        ended_at: run.ended_at,
        last_no_reboot_install_at: last_no_reboot,
    });
    instance.rebooted_at = None;
    let outcome = match installing {
        true if counts.failed > 0 => Outcome::UpdatesFailed,
        true if contradiction => Outcome::PatchedButFailed,
        _ => Outcome::Success,
    };
    (outcome, Some(counts))
}

fn install(instance: &mut Instance, run: &Run<'_>, stubborn: bool) {
    let chains = catalogue().chains(instance.platform);
    let approved_until = run.baseline.approved_until(run.today);
    // A stubborn machine refuses what needs a reboot, or else the first update there is.
    let mut refuses_first = stubborn;
    let mut rebooted = false;
    for package in &mut instance.packages {
        let chain = &chains[usize::from(package.chain)];
        if matches!(chain.rule, Rule::Unmanaged | Rule::NotApplicable) {
            continue;
        }
        let Some(position) = package.pending_update(chain, approved_until, run.baseline) else { continue };
        if stubborn && (chain.needs_reboot || refuses_first) {
            refuses_first = false;
            continue;
        }
        let needs_reboot = chain.needs_reboot && run.no_reboot;
        rebooted |= chain.needs_reboot && !run.no_reboot;
        let held = Held { position: position as u16, installed_at: Some(run.ended_at), needs_reboot };
        package.install(chain, held);
        if needs_reboot && instance.reboot_pending_since.is_none() {
            instance.reboot_pending_since = Some(run.today);
        }
    }
    if rebooted {
        reboot(instance, run.ended_at);
    }
}

/// What waited for a reboot has it now; SSM hears of it with the next report.
pub fn reboot(instance: &mut Instance, at: Timestamp) {
    for held in instance.packages.iter_mut().flat_map(|package| &mut package.held) {
        held.needs_reboot = false;
    }
    instance.reboot_pending_since = None;
    instance.rebooted_at = Some(at);
}

fn unknown_report(run: &Run<'_>) -> Report {
    Report {
        rows: Rows::Kept(Vec::new()),
        counts: Counts::UNKNOWN,
        baseline_id: run.baseline.id.clone(),
        snapshot_id: run.snapshot_id.clone(),
        operation: run.operation,
        no_reboot: run.no_reboot,
        started_at: Timestamp::UNIX_EPOCH,
        ended_at: Timestamp::UNIX_EPOCH,
        last_no_reboot_install_at: None,
    }
}

/// Merges the old and the new rows, both ordered by release, into transitions.
fn record(
    instance: &Instance,
    run: &Run<'_>,
    (account_id, region): (&Arc<str>, &Arc<str>),
    old: Option<&[Row]>,
    new: &[Row],
    history: &mut Vec<TrueTransition>,
) {
    let baseline = old.is_none();
    let old = old.unwrap_or(&[]);
    let mut push = |from: Option<&Row>, to: Option<&Row>| {
        let Some(release) = from.or(to).map(Row::release) else { return };
        history.push(TrueTransition {
            account_id: account_id.clone(),
            region: region.clone(),
            instance_id: instance.id.clone(),
            title: &release.title,
            kb_id: &release.kb_id,
            from: from.map(|row| row.state.name()),
            to: to.map(|row| row.state.name()),
            happened_at: happened_at(instance, run, from, to),
            reported_at: run.ended_at,
            operation: run.operation.name(),
            baseline,
        });
    };
    let (mut left, mut right) = (old.iter().peekable(), new.iter().peekable());
    loop {
        match (left.peek(), right.peek()) {
            (None, None) => break,
            (Some(a), Some(b)) if a.release == b.release => {
                if a.state != b.state {
                    push(Some(a), Some(b));
                }
                left.next();
                right.next();
            }
            (Some(a), b) if b.is_none_or(|b| a.release < b.release) => {
                push(Some(a), None);
                left.next();
            }
            (_, Some(b)) => {
                push(None, Some(b));
                right.next();
            }
            (Some(_), None) => break,
        }
    }
}

/// When it came about on the machine, which is before SSM heard of it.
fn happened_at(instance: &Instance, run: &Run<'_>, from: Option<&Row>, to: Option<&Row>) -> Timestamp {
    let at = match to.map(|row| row.state) {
        Some(PatchState::Missing) if from.is_none() => to.map(|row| approved_at(row, run)),
        Some(PatchState::Installed) if from.is_some_and(|row| row.state == PatchState::InstalledPendingReboot) => {
            instance.rebooted_at
        }
        Some(PatchState::Installed | PatchState::InstalledPendingReboot) => to.and_then(|row| row.installed_at),
        _ => None,
    };
    at.unwrap_or(run.ended_at).min(run.ended_at)
}

fn approved_at(row: &Row, run: &Run<'_>) -> Timestamp {
    let delay = run.baseline.approve_after_days().unwrap_or(0);
    clock::at(clock::plus_days(row.release().released, delay), 0, 0)
}
