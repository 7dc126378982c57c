//! What a patch operation finds on an instance: its packages compared with what its baseline approves.

use jiff::civil::Date;

use super::{Baseline, Package, PatchRow, PatchState};
use crate::catalogue::{Chain, Platform, Rule, catalogue};

pub struct Assessment<'a> {
    pub platform: &'a Platform,
    pub baseline: &'a Baseline,
    pub today: Date,
    /// Whether an installation has just run, so that what is still missing has failed.
    pub after_install: bool,
}

impl Assessment<'_> {
    /// The rows of the report, ordered by release.
    pub fn rows(&self, packages: &[Package]) -> Vec<PatchRow> {
        let chains = catalogue().chains(self.platform);
        let mut rows = Vec::with_capacity(packages.len() * 2);
        for package in packages {
            let chain = &chains[usize::from(package.chain)];
            if chain.rule == Rule::NotApplicable {
                rows.extend(chain.releases.iter().map(|&id| PatchRow::absent(id, PatchState::NotApplicable)));
                continue;
            }
            rows.extend(self.installed_rows(chain, package));
            if chain.rule != Rule::Unmanaged {
                rows.extend(self.offered_rows(chain, package));
            }
        }
        rows.sort_unstable_by_key(|row| row.release);
        rows
    }

    fn installed_rows(&self, chain: &Chain, package: &Package) -> impl Iterator<Item = PatchRow> {
        package.installed.iter().map(move |installed| {
            let release = chain.releases[usize::from(installed.position)];
            let state = if chain.rule == Rule::Unmanaged {
                PatchState::InstalledOther
            } else if self.baseline.rejects(catalogue().release(release)) {
                PatchState::InstalledRejected
            } else if installed.needs_reboot {
                PatchState::InstalledPendingReboot
            } else {
                PatchState::Installed
            };
            PatchRow { release, state, installed_at: installed.installed_at }
        })
    }

    /// Rows of releases that are not installed: the newest approved one is missing. Windows also lists the releases
    /// that newer ones have superseded.
    fn offered_rows(&self, chain: &Chain, package: &Package) -> Vec<PatchRow> {
        let mut rows = Vec::new();
        let offered = package.pending_update(chain, self.baseline.approved_until(self.today), self.baseline);
        if let Some(position) = offered {
            let state = if self.after_install { PatchState::Failed } else { PatchState::Missing };
            rows.push(PatchRow::absent(chain.releases[position], state));
        }
        if !self.platform.is_windows() || chain.rule == Rule::Replace {
            return rows;
        }
        let superseded_below = offered.or(package.newest()).unwrap_or(0);
        let superseded = (0..superseded_below).filter(|&position| !package.has(position));
        rows.extend(superseded.map(|at| PatchRow::absent(chain.releases[at], PatchState::NotApplicable)));
        let published = chain.newest_until(self.today);
        if let Some(position) = published.filter(|&at| self.baseline.available_security && at > superseded_below) {
            let release = chain.releases[position];
            if catalogue().release(release).classification == "SecurityUpdates" {
                rows.push(PatchRow::absent(release, PatchState::AvailableSecurityUpdate));
            }
        }
        rows
    }
}
