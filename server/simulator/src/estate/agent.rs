//! Versions of the SSM agent, and when each was released.

use jiff::civil::Date;

use crate::{clock, random::Random};

/// Release day and version, oldest first.
const RELEASES: &[(Date, &str)] = &[
    (Date::constant(2020, 9, 28), "2.3.1319.0"),
    (Date::constant(2023, 11, 27), "3.2.2303.0"),
    (Date::constant(2024, 2, 12), "3.3.40.0"),
    (Date::constant(2025, 4, 30), "3.3.2299.0"),
    (Date::constant(2025, 8, 4), "3.3.2656.0"),
    (Date::constant(2025, 8, 25), "3.3.2746.0"),
    (Date::constant(2025, 9, 22), "3.3.2958.0"),
    (Date::constant(2025, 10, 13), "3.3.3050.0"),
];

/// Most agents update themselves within this many days of a release.
const DAYS_TO_UPDATE_MAX: u8 = 6;

/// One in this many agents never updates.
const NEVER_EVERY: u64 = 9;

pub fn latest(today: Date) -> &'static str {
    RELEASES.iter().rev().find(|(released, _)| *released <= today).map_or(RELEASES[0].1, |(_, version)| version)
}

/// When an instance's agent updates itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentUpdates {
    AfterDays(u8),
    /// Stays at the release with this index.
    Never(u8),
}

impl AgentUpdates {
    pub(super) fn draw(random: &mut Random) -> AgentUpdates {
        if random.below(NEVER_EVERY) == 0 {
            AgentUpdates::Never(random.below(4) as u8)
        } else {
            AgentUpdates::AfterDays(random.below(u64::from(DAYS_TO_UPDATE_MAX)) as u8)
        }
    }

    pub fn version(self, today: Date) -> &'static str {
        match self {
            AgentUpdates::AfterDays(days) => latest(clock::plus_days(today, -i64::from(days))),
            AgentUpdates::Never(index) => RELEASES[usize::from(index).min(RELEASES.len() - 1)].1,
        }
    }
}
