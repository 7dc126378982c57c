//! A chain: the successive releases of one thing (a package, a product's cumulative update), oldest first.

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

/// What an installation does to the older releases of its chain, and what SSM says of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The new version takes the place of the old one.
    Replace,
    /// So many versions stay side by side (kernels, Windows cumulative updates).
    Keep(usize),
    /// Installed from elsewhere: no baseline knows it, so SSM reports InstalledOther.
    Unmanaged,
    /// Offered for the product but never for this machine.
    NotApplicable,
}

#[derive(Clone, Debug)]
pub struct Chain {
    pub name: String,
    pub rule: Rule,
    /// Takes effect only after a reboot.
    pub needs_reboot: bool,
    pub releases: Vec<ReleaseId>,
}

impl Chain {
    /// Position of the newest release published on or before `day`.
    pub fn newest_until(&self, day: Date) -> Option<usize> {
        self.releases.iter().rposition(|&id| catalogue().release(id).released <= day)
    }
}
