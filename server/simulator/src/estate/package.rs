//! The software on an instance: which releases of each chain are installed.

use jiff::{Timestamp, civil::Date};

use super::Baseline;
use crate::catalogue::{Chain, Rule, catalogue};

#[derive(Clone, Copy, Debug)]
pub struct InstalledRelease {
    /// Index in the chain's releases.
    pub position: u16,
    /// None where the agents of Debian and Ubuntu do not know it: releases that came with the image.
    pub installed_at: Option<Timestamp>,
    pub needs_reboot: bool,
}

#[derive(Clone, Debug)]
pub struct Package {
    /// Index in the platform's chains.
    pub chain: u16,
    /// Oldest first.
    pub installed: Vec<InstalledRelease>,
}

impl Package {
    /// Position of the newest installed release.
    pub fn newest(&self) -> Option<usize> {
        self.installed.last().map(|installed| usize::from(installed.position))
    }

    pub fn has(&self, position: usize) -> bool {
        self.installed.iter().any(|installed| usize::from(installed.position) == position)
    }

    /// Position of the newest approved release, if it is newer than what is installed.
    pub fn pending_update(&self, chain: &Chain, approved_until: Date, baseline: &Baseline) -> Option<usize> {
        let approved = chain.newest_until(approved_until)?;
        let release = catalogue().release(chain.releases[approved]);
        let is_newer = self.newest().is_none_or(|newest| approved > newest);
        (is_newer && !baseline.rejects(release)).then_some(approved)
    }

    pub fn install(&mut self, chain: &Chain, release: InstalledRelease) {
        let keep = match chain.rule {
            Rule::Keep(count) => count.max(1),
            _ => 1,
        };
        self.installed.push(release);
        let surplus = self.installed.len().saturating_sub(keep);
        self.installed.drain(..surplus);
    }
}
