//! What goes wrong with a machine, and between which days.

use jiff::civil::Date;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// ConnectionLost: the agent does not answer, so nothing runs.
    Offline,
    /// Switched off: SSM does not list it at all.
    Away,
    /// The agent lives, but no patch operation ever reports.
    NeverScanned,
    /// Every scan ends with counts of -1 and times at the epoch.
    ScanFails,
    /// What needs a reboot refuses to install, so the leftovers are Failed.
    Stubborn,
    /// Like `Stubborn`, and not scanned between its windows, so Failed stays to be seen.
    StubbornUnscanned,
    /// Installs without rebooting, for as long as it lasts.
    NoReboot,
    /// Left out of the windows, only scanned.
    Frozen,
    /// The repository cannot be reached: a run fails and reports nothing.
    Unreachable,
    /// The run says Failed, the state says patched.
    Contradiction,
}

#[derive(Clone, Copy, Debug)]
pub struct Episode {
    pub trouble: Trouble,
    pub from: Date,
    /// The first day without it.
    pub until: Date,
}

impl Episode {
    pub fn covers(&self, day: Date) -> bool {
        self.from <= day && day < self.until
    }
}
