//! What an estate is made of: the customers, accounts, mix of machines and dates, read from `specs/*.toml`.

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

/// How many instances of the whole estate end up in which kind of trouble; all the others are healthy.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mix {
    /// Registered, but no patch operation has ever reported anything.
    pub never_scanned: usize,
    /// Windows whose every scan ends with counts of -1.
    pub scan_fails: usize,
    /// ConnectionLost for more than a week before the last day.
    pub offline: usize,
    /// Something refuses to install.
    pub stubborn: usize,
    /// Patched, but nobody may reboot them.
    pub no_reboot: usize,
    /// In a change freeze: scanned, never installed.
    pub frozen: usize,
    /// The repository cannot be reached: every run fails and nothing is reported.
    pub unreachable: usize,
    /// Everything is installed, and yet the run says Failed.
    pub contradiction: usize,
    /// Register during the period.
    pub joins: usize,
    /// Vanish for a while and come back.
    pub returns: usize,
    /// Host names and package names made to break a page or a spreadsheet.
    pub hostile: usize,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomerSpec {
    pub id: String,
    pub name: String,
    pub accounts: Vec<AccountSpec>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSpec {
    pub provider: String,
    pub id: String,
    pub name: String,
    /// How its host names begin.
    pub prefix: String,
    /// Machines are dealt out to them in turn.
    pub regions: Vec<String>,
    /// Current on the last day.
    pub instances: usize,
    /// On top of those: machines that leave during the period.
    #[serde(default)]
    pub retired: usize,
    /// Keys of the catalogue's platforms, dealt out in turn.
    #[serde(default)]
    pub platforms: Vec<String>,
    /// Of every so many machines one has no patch group; 0 is none.
    #[serde(default)]
    pub ungrouped_every: usize,
    /// Registered through AWS's own cloud connector instead of a plain activation.
    #[serde(default)]
    pub connector: bool,
    /// Its baselines reject these packages.
    #[serde(default)]
    pub rejects: Vec<String>,
    /// Its Windows baselines report what is not approved yet.
    #[serde(default)]
    pub available_security: bool,
    #[serde(default)]
    pub problems: Vec<Problem>,
}

/// Something wrong between the portal and an account, from a day on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// `AssumeRole`, or the SSM operation that fails.
    pub operation: String,
    /// The error code; for AssumeRole it is always AccessDenied.
    #[serde(default)]
    pub error: String,
    /// Since ever where absent.
    #[serde(default)]
    pub from: Option<Date>,
}

impl EstateSpec {
    pub const NAMES: &[&str] = &["demo", "small", "empty"];

    pub fn named(name: &str) -> Option<EstateSpec> {
        let (_, text) = SPECS.iter().find(|(known, _)| *known == name)?;
        match toml::from_str(text) {
            Ok(spec) => Some(spec),
            // The text is part of the binary: a mistake in it can only be made, and seen, by who edits it.
            Err(error) => panic!("the embedded spec {name}.toml: {error}"),
        }
    }

    pub fn with_seed(self, seed: u64) -> EstateSpec {
        EstateSpec { seed, ..self }
    }
}
