//! The sizes of data sets: by name, or number by number.

use super::calendar::Calendar;

/// Days of a year.
pub const YEAR_DAYS: i64 = 365;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub accounts: usize,
    /// Instances of all accounts together.
    pub instances: usize,
    /// Updates that each instance reports at any time.
    pub updates: usize,
    pub days: i64,
    pub seed: u64,
    pub calendar: Calendar,
}

/// Runs all parts in a minute.
const S: Size = Size { accounts: 8, instances: 400, updates: 60, days: 120, ..M };
const M: Size =
    Size { accounts: 100, instances: 10_000, updates: 150, days: YEAR_DAYS, seed: 7, calendar: Calendar::DEFAULT };
const L: Size = Size { accounts: 1_000, instances: 100_000, ..M };

impl Size {
    pub const DEFAULT: Self = M;

    pub fn named(name: &str) -> anyhow::Result<Self> {
        match name {
            "S" => Ok(S),
            "M" => Ok(M),
            "L" => Ok(L),
            _ => anyhow::bail!("there is no size `{name}`; there are S, M and L"),
        }
    }

    /// The instances of one account, by their numbers.
    pub fn instances_of(&self, account: usize) -> std::ops::Range<usize> {
        let first = |account: usize| account * self.instances / self.accounts;
        first(account)..first(account + 1)
    }
}
