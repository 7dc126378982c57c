//! One patch operation on one instance, and the transitions that it reports.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};

use super::{
    Assessment, Baseline, InstalledRelease, Instance, Operation, Outcome, PatchCounts, PatchRow, PatchState, Report,
    Trouble, TrueTransition, report::Rows, truth::TransitionSource,
};
use crate::{
    catalogue::{Rule, catalogue},
    clock,
};

/// The operation to perform.
pub struct Run<'a> {
    pub account_id: &'a Arc<str>,
    pub region: &'a Arc<str>,
    pub baseline: &'a Baseline,
    pub operation: Operation,
    pub no_reboot: bool,
    pub snapshot_id: Arc<str>,
    pub today: Date,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
}

impl Run<'_> {
    /// Performs the operation as far as the instance's troubles allow. Returns the outcome and the printed counts.
    pub fn perform(
        &self,
        instance: &mut Instance,
        history: &mut Vec<TrueTransition>,
    ) -> (Outcome, Option<PatchCounts>) {
        let has = |trouble| instance.has(trouble, self.today);
        if has(Trouble::RepositoryUnreachable) {
            return (Outcome::RepositoryUnreachable, None);
        }
        if has(Trouble::Unsupported) {
            return (Outcome::Unsupported, None);
        }
        if has(Trouble::ScanFails) {
            let (started_at, ended_at) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
            let report = self.report(Vec::new(), PatchCounts::UNKNOWN, None);
            instance.report = Some(Report { started_at, ended_at, ..report });
            return (Outcome::ScanFailed, Some(PatchCounts::UNKNOWN));
        }
        let withholds_details = has(Trouble::DetailsWithheld);
        let fails_after_patching = has(Trouble::FailsAfterPatching);
        let install_fails = has(Trouble::InstallFails) || has(Trouble::InstallFailsUnscanned);
        let installing = self.operation == Operation::Install;
        if installing {
            self.install(instance, install_fails);
        }
        let assessment = Assessment {
            platform: instance.platform,
            baseline: self.baseline,
            today: self.today,
            after_install: installing,
        };
        let mut rows = assessment.rows(&instance.packages);
        let counts = PatchCounts::of(&rows);
        if withholds_details {
            rows.clear();
        }
        let old = instance.report.take();
        self.record(instance, old.as_ref().map(Report::rows).as_deref(), &rows, history);
        let last_no_reboot_install_at = if installing && self.no_reboot {
            Some(self.ended_at)
        } else {
            old.and_then(|report| report.last_no_reboot_install_at)
        };
        instance.report = Some(self.report(rows, counts, last_no_reboot_install_at));
        instance.rebooted_at = None;
        let outcome = match installing {
            true if counts.failed > 0 => Outcome::UpdatesFailed,
            true if fails_after_patching => Outcome::PatchedButFailed,
            _ => Outcome::Success,
        };
        (outcome, Some(counts))
    }

    fn report(&self, rows: Vec<PatchRow>, counts: PatchCounts, last_no_reboot_install_at: Option<Timestamp>) -> Report {
        Report {
            rows: Rows::Stored(rows),
            counts,
            baseline_id: self.baseline.id.clone(),
            snapshot_id: self.snapshot_id.clone(),
            operation: self.operation,
            no_reboot: self.no_reboot,
            started_at: self.started_at,
            ended_at: self.ended_at,
            last_no_reboot_install_at,
        }
    }

    fn install(&self, instance: &mut Instance, install_fails: bool) {
        let chains = catalogue().chains(instance.platform);
        let approved_until = self.baseline.approved_until(self.today);
        // What fails are the updates that need a reboot, and the first update in any case.
        let mut first_fails = install_fails;
        let mut rebooted = false;
        for package in &mut instance.packages {
            let chain = &chains[usize::from(package.chain)];
            if matches!(chain.rule, Rule::Unmanaged | Rule::NotApplicable) {
                continue;
            }
            let Some(position) = package.pending_update(chain, approved_until, self.baseline) else { continue };
            if install_fails && (chain.needs_reboot || first_fails) {
                first_fails = false;
                continue;
            }
            let needs_reboot = chain.needs_reboot && self.no_reboot;
            rebooted |= chain.needs_reboot && !self.no_reboot;
            let installed_at = Some(self.ended_at);
            package.install(chain, InstalledRelease { position: position as u16, installed_at, needs_reboot });
            if needs_reboot && instance.reboot_pending_since.is_none() {
                instance.reboot_pending_since = Some(self.today);
            }
        }
        if rebooted {
            reboot(instance, self.ended_at);
        }
    }

    /// Merges the old and the new rows, both ordered by release, into transitions.
    fn record(
        &self,
        instance: &Instance,
        old: Option<&[PatchRow]>,
        new: &[PatchRow],
        history: &mut Vec<TrueTransition>,
    ) {
        let source = TransitionSource {
            account_id: self.account_id,
            region: self.region,
            instance_id: &instance.id,
            operation: self.operation,
            reported_at: self.ended_at,
            baseline: old.is_none(),
        };
        let (mut old, mut new) = (old.unwrap_or(&[]).iter().peekable(), new.iter().peekable());
        while let Some(release) = [old.peek(), new.peek()].into_iter().flatten().map(|row| row.release).min() {
            let (from, to) = (old.next_if(|row| row.release == release), new.next_if(|row| row.release == release));
            if from.map(|row| row.state) != to.map(|row| row.state) {
                history.extend(source.transition(from, to, self.happened_at(instance, from, to)));
            }
        }
    }

    /// When a change happened on the instance, which is before SSM got the report.
    fn happened_at(&self, instance: &Instance, from: Option<&PatchRow>, to: Option<&PatchRow>) -> Timestamp {
        let was_pending_reboot = from.is_some_and(|row| row.state == PatchState::InstalledPendingReboot);
        let at = match to.map(|row| row.state) {
            Some(PatchState::Missing) if from.is_none() => to.map(|row| self.approved_at(row)),
            Some(PatchState::Installed) if was_pending_reboot => instance.rebooted_at,
            Some(PatchState::Installed | PatchState::InstalledPendingReboot) => to.and_then(|row| row.installed_at),
            _ => None,
        };
        at.unwrap_or(self.ended_at).min(self.ended_at)
    }

    fn approved_at(&self, row: &PatchRow) -> Timestamp {
        let delay = self.baseline.approve_after_days().unwrap_or(0);
        clock::at(clock::plus_days(row.release().released, delay), 0, 0)
    }
}

/// Completes the installations that wait for a reboot. SSM learns about it with the next report.
pub fn reboot(instance: &mut Instance, at: Timestamp) {
    for installed in instance.packages.iter_mut().flat_map(|package| &mut package.installed) {
        installed.needs_reboot = false;
    }
    instance.reboot_pending_since = None;
    instance.rebooted_at = Some(at);
}
