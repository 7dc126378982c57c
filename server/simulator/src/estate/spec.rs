//! The specification of an estate: customers, accounts, numbers of instances and dates, read from `specs/*.toml`.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

const SPECS: &[(&str, &str)] = &[
    ("demo", include_str!("specs/demo.toml")),
    ("small", include_str!("specs/small.toml")),
    ("empty", include_str!("specs/empty.toml")),
];

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EstateSpec {
    pub name: String,
    pub seed: u64,
    pub first_day: Date,
    pub last_day: Date,
    #[serde(default)]
    pub mix: Mix,
    pub customers: Vec<CustomerSpec>,
}

/// How many instances of the whole estate have which trouble on the last day. All others are healthy.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mix {
    /// Registered, but no patch operation has ever reported.
    pub never_scanned: usize,
    /// Windows instances whose scans all end with counts of -1.
    pub scan_fails: usize,
    /// ConnectionLost for more than a week.
    pub offline: usize,
    /// Updates fail to install.
    pub install_fails: usize,
    /// Patched, but not rebooted.
    pub no_reboot: usize,
    /// In a change freeze: scanned, but not patched.
    pub change_freeze: usize,
    /// The repository cannot be reached: runs fail and report nothing.
    pub repository_unreachable: usize,
    /// Everything is installed, but the run ends with Failed.
    pub fails_after_patching: usize,
    /// Their scans report counts without rows.
    pub details_withheld: usize,
    /// Upgraded to a system that Patch Manager does not support.
    pub unsupported: usize,
    /// Register during the simulated period.
    pub joins: usize,
    /// Stopped for a while and started again.
    pub returns: usize,
    /// Have a host name that is markup or a spreadsheet formula.
    pub hostile_names: usize,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomerSpec {
    pub id: String,
    pub name: String,
    pub accounts: Vec<AccountSpec>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSpec {
    pub provider: String,
    pub id: String,
    pub name: String,
    /// The prefix of its host names.
    pub prefix: String,
    /// Instances are distributed over them in rotation.
    pub regions: Vec<String>,
    /// Current instances on the last day.
    pub instances: usize,
    /// Additional instances, which leave during the period.
    #[serde(default)]
    pub retired: usize,
    /// Keys of the catalogue's platforms, assigned in rotation.
    #[serde(default)]
    pub platforms: Vec<String>,
    /// One in this many instances has no patch group. 0: all have one.
    #[serde(default)]
    pub ungrouped_every: usize,
    /// Whether its instances are registered through AWS's cloud connector instead of a plain activation.
    #[serde(default)]
    pub connector: bool,
    /// Packages that its baselines reject.
    #[serde(default)]
    pub rejects: Vec<String>,
    /// Whether its Windows baselines report security updates that are not approved yet.
    #[serde(default)]
    pub available_security: bool,
    /// Whether Systems Manager's unified console is on, without which AWS does not list nodes.
    #[serde(default)]
    pub lists_nodes: bool,
    /// EC2 instances that Systems Manager does not manage, in the first Region.
    #[serde(default)]
    pub unmanaged: usize,
    /// Managed instances in Regions that the roster does not name. Nothing but AWS's own count of nodes shows them.
    #[serde(default)]
    pub nodes_elsewhere: BTreeMap<String, usize>,
    #[serde(default)]
    pub patch_policies: Vec<PolicySpec>,
    /// Days on which none of its windows opens, although they should.
    #[serde(default)]
    pub missed_days: Vec<Date>,
    /// Whether it has a window that was disabled.
    #[serde(default)]
    pub disabled_window: bool,
    #[serde(default)]
    pub problems: Vec<Problem>,
}

/// A patch policy of Quick Setup in each of the account's Regions. It targets all instances unless it says otherwise.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicySpec {
    pub name: String,
    /// Whether it installs what its scans find.
    #[serde(default)]
    pub installs: bool,
    /// The patch group whose instances it targets, by their tag.
    #[serde(default)]
    pub patch_group: Option<String>,
    /// The resource group that it targets.
    #[serde(default)]
    pub resource_group: Option<String>,
}

/// A problem of the portal's access to an account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// `AssumeRole`, the SSM operation that fails, or `ExternalId` for a roster with the wrong one.
    pub operation: String,
    /// The error code. For AssumeRole it is always AccessDenied.
    #[serde(default)]
    pub error: String,
    /// The first day of the problem. Without it the problem has always existed.
    #[serde(default)]
    pub from: Option<Date>,
}

impl EstateSpec {
    pub const NAMES: &[&str] = &["demo", "small", "empty"];

    pub fn named(name: &str) -> Option<EstateSpec> {
        let (_, text) = SPECS.iter().find(|(known, _)| *known == name)?;
        match toml::from_str(text) {
            Ok(spec) => Some(spec),
            // The text is part of the binary, so only editing it can cause this.
            Err(error) => panic!("The embedded spec {name}.toml is invalid: {error}"),
        }
    }

    pub fn with_seed(self, seed: u64) -> EstateSpec {
        EstateSpec { seed, ..self }
    }
}
