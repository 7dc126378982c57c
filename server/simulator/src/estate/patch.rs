//! What a patch operation reports about an instance: one row per update with its state, and the counts.

use jiff::Timestamp;
use strum::IntoStaticStr;

use crate::catalogue::{Release, ReleaseId, catalogue};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr)]
#[strum(const_into_str)]
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
    pub fn is_non_compliant(self) -> bool {
        use PatchState::{AvailableSecurityUpdate, Failed, InstalledPendingReboot, InstalledRejected, Missing};
        // The simulated baselines that report available security updates call them non-compliant.
        matches!(self, InstalledPendingReboot | InstalledRejected | Missing | Failed | AvailableSecurityUpdate)
    }

    pub fn is_installed(self) -> bool {
        use PatchState::{Installed, InstalledOther, InstalledPendingReboot, InstalledRejected};
        matches!(self, Installed | InstalledOther | InstalledPendingReboot | InstalledRejected)
    }

    pub fn is_missing_or_failed(self) -> bool {
        matches!(self, PatchState::Missing | PatchState::Failed)
    }

    /// Whether the agent leaves out classification and severity, because the baseline does not describe the update.
    pub fn is_undescribed(self) -> bool {
        matches!(self, PatchState::InstalledOther | PatchState::NotApplicable)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatchRow {
    pub release: ReleaseId,
    pub state: PatchState,
    pub installed_at: Option<Timestamp>,
}

impl PatchRow {
    /// A row of a release that is not installed.
    pub fn absent(release: ReleaseId, state: PatchState) -> PatchRow {
        PatchRow { release, state, installed_at: None }
    }

    pub fn release(&self) -> &'static Release {
        catalogue().release(self.release)
    }

    pub fn classification(&self) -> &'static str {
        if self.state.is_undescribed() { "" } else { &self.release().classification }
    }

    pub fn severity(&self) -> &'static str {
        if self.state.is_undescribed() { "" } else { &self.release().severity }
    }

    /// The CVE ids, which are reported for missing and failed updates only.
    pub fn cve_ids(&self) -> &'static str {
        if self.state.is_missing_or_failed() { &self.release().cve_ids } else { "" }
    }
}

/// The counts of DescribeInstancePatchStates. They are signed because a failed Windows scan reports -1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PatchCounts {
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

impl PatchCounts {
    /// What Windows reports if Windows Update returned no result.
    pub const UNKNOWN: PatchCounts = PatchCounts {
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

    pub fn of(rows: &[PatchRow]) -> PatchCounts {
        let mut counts = PatchCounts::default();
        for row in rows {
            *counts.of_state(row.state) += 1;
            if row.state.is_non_compliant() {
                // The simulated baselines give the compliance level CRITICAL to what the vendor rates Critical.
                let critical = row.severity() == "Critical";
                let security = row.classification().starts_with("Security");
                counts.critical_non_compliant += i64::from(critical);
                counts.security_non_compliant += i64::from(security);
                counts.other_non_compliant += i64::from(!critical && !security);
            }
        }
        counts
    }

    fn of_state(&mut self, state: PatchState) -> &mut i64 {
        match state {
            PatchState::Installed => &mut self.installed,
            PatchState::InstalledOther => &mut self.installed_other,
            PatchState::InstalledPendingReboot => &mut self.installed_pending_reboot,
            PatchState::InstalledRejected => &mut self.installed_rejected,
            PatchState::Missing => &mut self.missing,
            PatchState::Failed => &mut self.failed,
            PatchState::NotApplicable => &mut self.not_applicable,
            PatchState::AvailableSecurityUpdate => &mut self.available_security_update,
        }
    }
}
