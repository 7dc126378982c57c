//! What a patch operation reports of a machine: one row per update with its state, and the counts.
//!
//! Pure functions from what is on the machine and what its baseline approves. SSM keeps the last report only.

use jiff::{Timestamp, civil::Date};

use super::{baseline::Baseline, instance::Package};
use crate::catalogue::{Chain, Platform, Release, ReleaseId, Rule, catalogue};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PatchState {
    Installed,
    InstalledOther,
    InstalledPendingReboot,
    InstalledRejected,
    Missing,
    Failed,
    NotApplicable,
    AvailableSecurityUpdate,
}

impl PatchState {
    /// As on the wire.
    pub fn name(self) -> &'static str {
        match self {
            PatchState::Installed => "Installed",
            PatchState::InstalledOther => "InstalledOther",
            PatchState::InstalledPendingReboot => "InstalledPendingReboot",
            PatchState::InstalledRejected => "InstalledRejected",
            PatchState::Missing => "Missing",
            PatchState::Failed => "Failed",
            PatchState::NotApplicable => "NotApplicable",
            PatchState::AvailableSecurityUpdate => "AvailableSecurityUpdate",
        }
    }

    pub fn is_non_compliant(self) -> bool {
        use PatchState::{Failed, InstalledPendingReboot, InstalledRejected, Missing};
        matches!(self, InstalledPendingReboot | InstalledRejected | Missing | Failed)
    }

    /// On the machine, in whatever state.
    pub fn is_installed(self) -> bool {
        use PatchState::{Installed, InstalledOther, InstalledPendingReboot, InstalledRejected};
        matches!(self, Installed | InstalledOther | InstalledPendingReboot | InstalledRejected)
    }

    /// Not described by the baseline: the agent leaves out classification and severity.
    pub fn is_undescribed(self) -> bool {
        matches!(self, PatchState::InstalledOther | PatchState::NotApplicable)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    pub release: ReleaseId,
    pub state: PatchState,
    pub installed_at: Option<Timestamp>,
}

impl Row {
    pub fn release(&self) -> &'static Release {
        catalogue().release(self.release)
    }

    pub fn classification(&self) -> &'static str {
        if self.state.is_undescribed() { "" } else { &self.release().classification }
    }

    pub fn severity(&self) -> &'static str {
        if self.state.is_undescribed() { "" } else { &self.release().severity }
    }

    /// Reported only while it matters.
    pub fn cve_ids(&self) -> &'static str {
        if matches!(self.state, PatchState::Missing | PatchState::Failed) { &self.release().cve_ids } else { "" }
    }
}

/// The rows of a machine, ordered by release. `leftovers_failed` is for the report after an installation: what is
/// still not there was tried in vain.
pub fn rows(
    platform: &Platform,
    baseline: &Baseline,
    packages: &[Package],
    today: Date,
    leftovers_failed: bool,
) -> Vec<Row> {
    let chains = catalogue().chains(platform);
    let approved_until = baseline.approved_until(today);
    let mut rows = Vec::with_capacity(packages.len() * 2);
    for package in packages {
        let chain = &chains[usize::from(package.chain)];
        if chain.rule == Rule::NotApplicable {
            rows.extend(chain.releases.iter().map(|&release| not_applicable(release)));
            continue;
        }
        rows.extend(held_rows(chain, package, baseline));
        if chain.rule != Rule::Unmanaged {
            rows.extend(offered_rows(platform, baseline, chain, package, (today, approved_until), leftovers_failed));
        }
    }
    rows.sort_unstable_by_key(|row| row.release);
    rows
}

fn not_applicable(release: ReleaseId) -> Row {
    Row { release, state: PatchState::NotApplicable, installed_at: None }
}

fn held_rows(chain: &Chain, package: &Package, baseline: &Baseline) -> impl Iterator<Item = Row> {
    package.held.iter().map(move |held| {
        let release = chain.releases[usize::from(held.position)];
        let state = if chain.rule == Rule::Unmanaged {
            PatchState::InstalledOther
        } else if baseline.rejects(catalogue().release(release)) {
            PatchState::InstalledRejected
        } else if held.needs_reboot {
            PatchState::InstalledPendingReboot
        } else {
            PatchState::Installed
        };
        Row { release, state, installed_at: held.installed_at }
    })
}

/// Rows of releases that are not on the machine: the newest approved one is missing; Windows also lists those that
/// newer ones have made needless.
fn offered_rows(
    platform: &Platform,
    baseline: &Baseline,
    chain: &Chain,
    package: &Package,
    (today, approved_until): (Date, Date),
    leftovers_failed: bool,
) -> Vec<Row> {
    let mut rows = Vec::new();
    let newest_held = package.newest();
    let offered = package.pending_update(chain, approved_until, baseline);
    if let Some(position) = offered {
        let state = if leftovers_failed { PatchState::Failed } else { PatchState::Missing };
        rows.push(Row { release: chain.releases[position], state, installed_at: None });
    }
    if !platform.is_windows() || chain.rule == Rule::Replace {
        return rows;
    }
    let superseded_below = offered.or(newest_held).unwrap_or(0);
    for position in 0..superseded_below {
        if !package.holds(position) {
            rows.push(not_applicable(chain.releases[position]));
        }
    }
    let published = chain.newest_until(today);
    if let Some(position) = published.filter(|&at| baseline.available_security && at > superseded_below) {
        let release = chain.releases[position];
        if catalogue().release(release).classification == "SecurityUpdates" {
            rows.push(Row { release, state: PatchState::AvailableSecurityUpdate, installed_at: None });
        }
    }
    rows
}

/// The numbers of DescribeInstancePatchStates. Signed: a failed Windows scan reports -1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub installed: i64,
    pub installed_other: i64,
    pub installed_pending_reboot: i64,
    pub installed_rejected: i64,
    pub missing: i64,
    pub failed: i64,
    pub not_applicable: i64,
    pub unreported_not_applicable: i64,
    pub available_security_update: i64,
    pub critical_non_compliant: i64,
    pub security_non_compliant: i64,
    pub other_non_compliant: i64,
}

impl Counts {
    /// What Windows says when Windows Update gave it no answer.
    pub const UNKNOWN: Counts = Counts {
        installed: -1,
        installed_other: -1,
        installed_pending_reboot: -1,
        installed_rejected: -1,
        missing: -1,
        failed: -1,
        not_applicable: -1,
        unreported_not_applicable: -1,
        available_security_update: -1,
        critical_non_compliant: -1,
        security_non_compliant: -1,
        other_non_compliant: -1,
    };

    pub fn of(rows: &[Row]) -> Counts {
        let mut counts = Counts::default();
        for row in rows {
            match row.state {
                PatchState::Installed => counts.installed += 1,
                PatchState::InstalledOther => counts.installed_other += 1,
                PatchState::InstalledPendingReboot => counts.installed_pending_reboot += 1,
                PatchState::InstalledRejected => counts.installed_rejected += 1,
                PatchState::Missing => counts.missing += 1,
                PatchState::Failed => counts.failed += 1,
                PatchState::NotApplicable => counts.not_applicable += 1,
                PatchState::AvailableSecurityUpdate => counts.available_security_update += 1,
            }
            if row.state.is_non_compliant() {
                // The baselines give the compliance level CRITICAL to what the vendor rates Critical.
                let critical = row.severity() == "Critical";
                let security = row.classification().starts_with("Security");
                counts.critical_non_compliant += i64::from(critical);
                counts.security_non_compliant += i64::from(security);
                counts.other_non_compliant += i64::from(!critical && !security);
            }
        }
        counts
    }
}
