//! What goes wrong with an instance, and on which days.

use jiff::civil::Date;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// ConnectionLost: the agent does not respond, so nothing runs.
    Offline,
    /// Switched off: SSM does not list the instance.
    Stopped,
    /// The agent responds, but no patch operation ever reports.
    NeverScanned,
    /// Every scan ends with counts of -1 and times at the epoch.
    ScanFails,
    /// Updates that need a reboot fail to install.
    InstallFails,
    /// Like `InstallFails`, and not scanned between its windows, so Failed stays visible.
    InstallFailsUnscanned,
    /// Installs updates but does not reboot.
    NoReboot,
    /// A change freeze: scanned, but left out of the maintenance windows.
    ChangeFreeze,
    /// The repository cannot be reached: runs fail and report nothing.
    RepositoryUnreachable,
    /// Scanned with a baseline override: the counts arrive, the rows do not. Left out of the maintenance windows.
    DetailsWithheld,
    /// Upgraded to a system that Patch Manager does not support: runs say so and report nothing.
    Unsupported,
    /// Everything is installed, but the run ends with Failed.
    FailsAfterPatching,
}

#[derive(Clone, Copy, Debug)]
pub struct Episode {
    pub trouble: Trouble,
    pub from: Date,
    /// The first day without the trouble.
    pub until: Date,
}

impl Episode {
    pub fn covers(&self, day: Date) -> bool {
        self.from <= day && day < self.until
    }
}
