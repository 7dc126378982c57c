//! Computes the rows of a generated instance's report from its seed and its number of scans.
//!
//! An instance has a fixed number of slots with one row each. Each scan changes one hundredth of the slots, in an order
//! that spreads over all of them. A changed slot that had an update to install has installed it. Any other changed slot
//! has moved on to its next release, which may again need to be installed.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp, civil::Date};

use super::{PatchRow, PatchState};
use crate::{
    catalogue::{Platform, ReleaseId, Rule, catalogue, generated},
    clock, random,
};

/// A generated estate begins at the harvest time of this day, the last one of the catalogue's tables.
pub(super) const BEGIN: Date = Date::constant(2025, 11, 23);

/// The time that passes in one change.
pub(super) const CHANGE_SECONDS: i64 = 15 * 60;

/// How many of a thousand rows are Missing, Failed and InstalledPendingReboot.
const MISSING: u64 = 20;
const FAILED: u64 = 3;
const PENDING_REBOOT: u64 = 5;

/// One in this many generated releases is InstalledOther.
const OTHER_EVERY: u64 = 5;

/// Each scan changes one in this many slots, at least one.
const CHANGED_OF: u32 = 100;

/// The distance between slots that change one after the other. A prime that divides no number of slots, so that
/// each slot changes equally often.
const STRIDE: u32 = 7_919;

/// The first generated release of an instance is one of this many, so that instances have different titles.
const OFFSETS: u64 = 32;

/// The time from an installation to the change in which it shows, at most one change.
const LEAD_SECONDS: i64 = 13 * 60;

/// The oldest image, in days.
const IMAGE_DAYS: u64 = 300;

#[derive(Clone, Copy, Debug)]
pub struct GeneratedRows {
    pub seed: u64,
    /// The number of rows.
    pub updates: u32,
}

/// The state of a slot while its changes are replayed.
struct Slot {
    version: u32,
    state: PatchState,
    installed_at: Option<Timestamp>,
}

/// The releases of a platform's tables, and whether they are unmanaged.
type Pool = Vec<(ReleaseId, bool)>;

static POOLS: LazyLock<Vec<(&'static str, Pool)>> =
    LazyLock::new(|| generated::PLATFORMS.iter().filter_map(|key| Some((*key, pool(Platform::named(key)?)))).collect());

fn pool(platform: &'static Platform) -> Pool {
    let chains = catalogue().chains(platform).iter().filter(|chain| chain.rule != Rule::NotApplicable);
    chains.flat_map(|chain| chain.releases.iter().map(|&id| (id, chain.rule == Rule::Unmanaged))).collect()
}

impl GeneratedRows {
    /// The rows of a generation, which is the number of scans after the first one.
    pub fn at(&self, platform: &'static Platform, generation: u32) -> Vec<PatchRow> {
        let pool = POOLS.iter().find(|(key, _)| *key == platform.key).map_or(&[][..], |(_, pool)| pool.as_slice());
        let slots = self.updates;
        let changed = (slots + CHANGED_OF / 2).checked_div(CHANGED_OF).unwrap_or(0).max(1);
        let turns = u64::from(generation) * u64::from(changed);
        let mut rows = vec![PatchRow::absent(0, PatchState::Installed); slots as usize];
        for position in 0..slots {
            let index = (u64::from(position) * u64::from(STRIDE) % u64::from(slots)) as u32;
            // How often the slot has changed, and in which scan each time.
            let times = turns / u64::from(slots) + u64::from(u64::from(position) < turns % u64::from(slots));
            let scan = |time: u64| (time * u64::from(slots) + u64::from(position)) / u64::from(changed) + 1;
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
    ) -> PatchRow {
        let first = self.draw(index, 0);
        let mut slot = Slot {
            version: 0,
            state: state(first, known.is_some_and(|(_, other)| other), known.is_some()),
            installed_at: (!(platform.is_debian() && first & 1 == 0)).then(|| image(first)),
        };
        for scan in scans {
            let drawn = self.draw(index, slot.version + 1);
            slot.installed_at = Some(installed(scan, drawn));
            if is_pending(slot.state) {
                slot.state = PatchState::Installed;
            } else {
                slot.version += 1;
                slot.state = state(drawn, false, false);
            }
        }
        let release = match known {
            Some((release, _)) if slot.version == 0 => release,
            _ => generated::id(platform, index + (self.seed % OFFSETS) as u32, slot.version),
        };
        let is_absent = slot.state.is_missing_or_failed();
        PatchRow { release, state: slot.state, installed_at: slot.installed_at.filter(|_| !is_absent) }
    }

    fn draw(&self, index: u32, version: u32) -> u64 {
        random::mix(self.seed ^ (u64::from(index) << 32 | u64::from(version)))
    }
}

fn state(drawn: u64, other: bool, described: bool) -> PatchState {
    if other {
        return PatchState::InstalledOther;
    }
    let permille = (drawn >> 8) % 1_000;
    match permille {
        _ if permille < MISSING => PatchState::Missing,
        _ if permille < MISSING + FAILED => PatchState::Failed,
        _ if permille < MISSING + FAILED + PENDING_REBOOT => PatchState::InstalledPendingReboot,
        _ if !described && (drawn >> 32).is_multiple_of(OTHER_EVERY) => PatchState::InstalledOther,
        _ => PatchState::Installed,
    }
}

fn is_pending(state: PatchState) -> bool {
    state.is_missing_or_failed() || state == PatchState::InstalledPendingReboot
}

fn image(drawn: u64) -> Timestamp {
    let day = clock::plus_days(BEGIN, -(1 + ((drawn >> 16) % IMAGE_DAYS) as i64));
    clock::at(day, ((drawn >> 24) % 24) as i8, ((drawn >> 40) % 60) as i8)
}

/// An instance's n-th scan happens at the estate's n-th change or later.
fn installed(scan: u64, drawn: u64) -> Timestamp {
    let seconds = scan as i64 * CHANGE_SECONDS - LEAD_SECONDS - ((drawn >> 48) % 60) as i64;
    clock::harvest_time(BEGIN) + SignedDuration::from_secs(seconds)
}
