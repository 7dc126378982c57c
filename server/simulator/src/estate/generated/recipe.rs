//! The rows of a generated machine's report, worked out from its seed and the number of its scans alone.
//!
//! A machine has a fixed number of slots, one row each. Each scan changes the next hundredth of the slots, in an order
//! that spreads over all of them: what was outstanding is installed then, and what was installed has given way to its
//! next release, which may be outstanding in its turn.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};

use super::{BEGIN, CHANGE_SECONDS};
use crate::{
    catalogue::{Platform, ReleaseId, Rule, catalogue, filler},
    clock,
    estate::report::{PatchState, Row},
    random,
};

/// Of a thousand rows so many are Missing, Failed and InstalledPendingReboot.
const MISSING: u64 = 20;
const FAILED: u64 = 3;
const PENDING_REBOOT: u64 = 5;

/// Of so many made-up releases one comes from elsewhere: InstalledOther.
const OTHER_EVERY: u64 = 5;

/// Each scan changes one slot of so many, at least one.
const CHANGED_OF: u32 = 100;

/// The changing slots advance by a prime that no number of slots is a multiple of, so that they come round evenly.
const STRIDE: u32 = 7_919;

/// Machines begin within so many slots of the first made-up release, so that not all of them have the same titles.
const OFFSETS: u64 = 32;

/// What a change installs was installed so long before the change began to be told.
const LEAD_SECONDS: i64 = 13 * 60;

/// Images are at most so many days old.
const IMAGE_DAYS: u64 = 300;

#[derive(Clone, Copy, Debug)]
pub struct Recipe {
    pub seed: u64,
    pub updates: u32,
}

/// One slot while its history is followed.
struct Slot {
    version: u32,
    state: PatchState,
    installed_at: Option<Timestamp>,
}

/// Releases of the tables, and whether they come from elsewhere.
type Pool = Vec<(ReleaseId, bool)>;

static POOLS: LazyLock<Vec<(&'static str, Pool)>> =
    LazyLock::new(|| filler::PLATFORMS.iter().filter_map(|key| Some((*key, pool(Platform::named(key)?)))).collect());

fn pool(platform: &'static Platform) -> Pool {
    let chains = catalogue().chains(platform).iter().filter(|chain| chain.rule != Rule::NotApplicable);
    chains.flat_map(|chain| chain.releases.iter().map(|&id| (id, chain.rule == Rule::Unmanaged))).collect()
}

impl Recipe {
    /// The rows after so many scans beyond the first one.
    pub fn rows(&self, platform: &'static Platform, generation: u32) -> Vec<Row> {
        let pool = POOLS.iter().find(|(key, _)| *key == platform.key).map_or(&[][..], |(_, pool)| pool.as_slice());
        let slots = self.updates;
        let changed = (slots + CHANGED_OF / 2).checked_div(CHANGED_OF).unwrap_or(0).max(1);
        let turns = u64::from(generation) * u64::from(changed);
        let mut rows = vec![Row { release: 0, state: PatchState::Installed, installed_at: None }; slots as usize];
        for place in 0..slots {
            let index = (u64::from(place) * u64::from(STRIDE) % u64::from(slots)) as u32;
            // How often its turn has come, and in which scan each time.
            let times = turns / u64::from(slots) + u64::from(u64::from(place) < turns % u64::from(slots));
            let scan = |time: u64| (time * u64::from(slots) + u64::from(place)) / u64::from(changed) + 1;
            rows[index as usize] = self.row(platform, pool.get(index as usize).copied(), index, (0..times).map(scan));
        }
        rows
    }

    fn row(
        &self,
        platform: &'static Platform,
        known: Option<(ReleaseId, bool)>,
        index: u32,
        scans: impl Iterator<Item = u64>,
    ) -> Row {
        let first = self.draw(index, 0);
        let mut slot = Slot {
            version: 0,
            state: state(first, known.is_some_and(|(_, other)| other), known.is_some()),
            installed_at: (!(platform.is_debian() && first & 1 == 0)).then(|| image(first)),
        };
        for scan in scans {
            let drawn = self.draw(index, slot.version + 1);
            slot.installed_at = Some(installed(scan, drawn));
            if is_outstanding(slot.state) {
                slot.state = PatchState::Installed;
            } else {
                slot.version += 1;
                slot.state = state(drawn, false, false);
            }
        }
        let release = match known {
            Some((release, _)) if slot.version == 0 => release,
            _ => filler::id(platform, index + (self.seed % OFFSETS) as u32, slot.version),
        };
        let absent = matches!(slot.state, PatchState::Missing | PatchState::Failed);
        Row { release, state: slot.state, installed_at: slot.installed_at.filter(|_| !absent) }
    }

    fn draw(&self, index: u32, version: u32) -> u64 {
        random::mix(self.seed ^ (u64::from(index) << 32 | u64::from(version)))
    }
}

fn state(drawn: u64, other: bool, described: bool) -> PatchState {
    if other {
        return PatchState::InstalledOther;
    }
    let outstanding = (drawn >> 8) % 1_000;
    match outstanding {
        _ if outstanding < MISSING => PatchState::Missing,
        _ if outstanding < MISSING + FAILED => PatchState::Failed,
        _ if outstanding < MISSING + FAILED + PENDING_REBOOT => PatchState::InstalledPendingReboot,
        _ if !described && (drawn >> 32).is_multiple_of(OTHER_EVERY) => PatchState::InstalledOther,
        _ => PatchState::Installed,
    }
}

fn is_outstanding(state: PatchState) -> bool {
    matches!(state, PatchState::Missing | PatchState::Failed | PatchState::InstalledPendingReboot)
}

fn image(drawn: u64) -> Timestamp {
    let day = clock::plus_days(BEGIN, -(1 + ((drawn >> 16) % IMAGE_DAYS) as i64));
    clock::at(day, ((drawn >> 24) % 24) as i8, ((drawn >> 40) % 60) as i8)
}

/// A machine's n-th scan cannot have been before the estate's n-th change.
fn installed(scan: u64, drawn: u64) -> Timestamp {
    let seconds = scan as i64 * CHANGE_SECONDS - LEAD_SECONDS - ((drawn >> 48) % 60) as i64;
    clock::tick(BEGIN) + SignedDuration::from_secs(seconds)
}
