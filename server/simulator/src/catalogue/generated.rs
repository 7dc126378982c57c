//! Generated releases in realistic formats, for estates with more updates per instance than the tables hold.
//!
//! A platform's releases are all generated on first use. Like those of the tables they are `'static`.

use std::sync::LazyLock;

use jiff::civil::Date;

use super::{Platform, Release, ReleaseId};

/// The first generated id, far above those of the tables.
pub(super) const FIRST_ID: ReleaseId = 1 << 20;

/// The number of packages per platform, and of releases per package.
pub const SLOTS: u32 = 2_080;
pub const VERSIONS: u32 = 4;
const RELEASES: u32 = SLOTS * VERSIONS;

/// One in this many packages gets security updates, the others get bug fixes.
const SECURITY_EVERY: u32 = 3;

/// Above all KB numbers in the tables.
const KB_FIRST: u32 = 5_900_000;

const RELEASED: Date = Date::constant(2025, 9, 9);

/// The platforms with generated releases.
pub const PLATFORMS: [&str; 4] = ["windows-2022", "rhel-9", "ubuntu-22.04", "amazon-2023"];

static BY_PLATFORM: [LazyLock<Vec<Release>>; 4] = [
    LazyLock::new(|| generate(windows)),
    LazyLock::new(|| generate(|slot, version| rpm(slot, version, "el9"))),
    LazyLock::new(|| generate(ubuntu)),
    LazyLock::new(|| generate(|slot, version| rpm(slot, version, "amzn2023"))),
];

/// The id of a platform's generated release. Versions start again after the last one.
pub fn id(platform: &Platform, slot: u32, version: u32) -> ReleaseId {
    let platform = PLATFORMS.iter().position(|key| *key == platform.key).unwrap_or(0);
    FIRST_ID + platform as u32 * RELEASES + (slot % SLOTS) * VERSIONS + version % VERSIONS
}

pub(super) fn release(id: ReleaseId) -> &'static Release {
    let index = id - FIRST_ID;
    &BY_PLATFORM[(index / RELEASES) as usize % BY_PLATFORM.len()][(index % RELEASES) as usize]
}

fn generate(one: impl Fn(u32, u32) -> Release) -> Vec<Release> {
    (0..RELEASES).map(|index| one(index / VERSIONS, index % VERSIONS)).collect()
}

fn windows(slot: u32, version: u32) -> Release {
    let kb_id = format!("KB{}", KB_FIRST + slot * VERSIONS + version);
    let what = if is_security(slot) { "Security Update" } else { "Update" };
    let system = "Microsoft server operating system version 21H2 for x64-based Systems";
    Release {
        title: format!("2025-{:02} {what} for {system} ({kb_id})", 1 + (slot + version) % 11),
        kb_id,
        classification: if is_security(slot) { "SecurityUpdates" } else { "Updates" }.to_owned(),
        severity: if is_security(slot) { severity(slot, "Unspecified") } else { "Unspecified" }.to_owned(),
        cve_ids: cve_ids(slot, version),
        released: RELEASED,
    }
}

/// `lib0042.x86_64:0:1.2.0-1.el9`
fn rpm(slot: u32, version: u32, distribution: &str) -> Release {
    let kb_id = format!("lib{slot:04}.x86_64");
    Release {
        title: format!("{kb_id}:0:1.{}.{}-{}.{distribution}", slot % 10, slot % 7, version + 1),
        kb_id,
        classification: if is_security(slot) { "Security" } else { "Bugfix" }.to_owned(),
        severity: severity(slot, "Low").to_owned(),
        cve_ids: cve_ids(slot, version),
        released: RELEASED,
    }
}

/// `lib0042.amd64:1.2.0-0ubuntu0.22.04.1`, without CVE ids, as the agent reports it.
fn ubuntu(slot: u32, version: u32) -> Release {
    let kb_id = format!("lib{slot:04}.amd64");
    Release {
        title: format!("{kb_id}:1.{}.{}-0ubuntu0.22.04.{}", slot % 10, slot % 7, version + 1),
        kb_id,
        classification: if is_security(slot) { "Security" } else { "" }.to_owned(),
        severity: ["Required", "Important", "Standard", "Optional"][slot as usize % 4].to_owned(),
        cve_ids: String::new(),
        released: RELEASED,
    }
}

fn is_security(slot: u32) -> bool {
    slot.is_multiple_of(SECURITY_EVERY)
}

fn severity(slot: u32, lowest: &'static str) -> &'static str {
    match slot % 10 {
        0 => "Critical",
        1..4 => "Important",
        4..8 => "Moderate",
        _ => lowest,
    }
}

fn cve_ids(slot: u32, version: u32) -> String {
    if is_security(slot) { format!("CVE-2025-{}", 40_000 + slot * VERSIONS + version) } else { String::new() }
}
