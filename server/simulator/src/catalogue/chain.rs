//! Releases, and chains of them: a chain is the successive releases of one package or product.

use jiff::civil::Date;

use super::{ReleaseId, catalogue};

#[derive(Clone, Debug)]
pub struct Release {
    pub title: String,
    pub kb_id: String,
    pub classification: String,
    pub severity: String,
    pub cve_ids: String,
    pub released: Date,
}

/// What an installation does to the older releases of its chain, and how SSM reports them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The new release replaces the old one.
    Replace,
    /// This many releases stay installed side by side (kernels, Windows cumulative updates).
    Keep(usize),
    /// Installed from another source. No baseline knows it, so SSM reports InstalledOther.
    Unmanaged,
    /// Published for the product, but it never applies to the instance.
    NotApplicable,
}

#[derive(Clone, Debug)]
pub struct Chain {
    pub name: String,
    pub rule: Rule,
    /// Whether it takes effect only after a reboot.
    pub needs_reboot: bool,
    /// Oldest first.
    pub releases: Vec<ReleaseId>,
}

impl Chain {
    /// Position of the newest release published on or before `day`.
    pub fn newest_until(&self, day: Date) -> Option<usize> {
        self.releases.iter().rposition(|&id| catalogue().release(id).released <= day)
    }
}
