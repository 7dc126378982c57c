//! The patches that vendors publish for each platform, with their days. An instance reports the newest patches of its
//! platform; each new patch replaces the oldest.

use super::{
    random::{Purpose, random_bool, random_u64},
    size::Size,
};
use muster_core::snapshot::PatchRecord;
use std::sync::Arc;

const MONTH_DAYS: i64 = 30;
/// Days of a month on which patches are published, and their numbers: eleven per month, most of them on one day. With
/// the states of each patch on an instance, this gives about 600 transitions per year.
const PUBLISHED: [(i64, usize); 3] = [(3, 2), (12, 7), (22, 2)];
const PUBLISHED_PER_MONTH: usize = 11;
/// Months after the last day, for harvests while pages are measured.
const EXTRA_MONTHS: i64 = 12;
const REBOOT_PERCENT: u64 = 40;

pub const PLATFORMS: [(&str, &str, &str); 8] = [
    ("Windows", "Microsoft Windows Server 2019 Datacenter", "10.0.17763"),
    ("Windows", "Microsoft Windows Server 2022 Datacenter", "10.0.20348"),
    ("Linux", "Amazon Linux", "2023"),
    ("Linux", "Amazon Linux", "2"),
    ("Linux", "Red Hat Enterprise Linux", "9.4"),
    ("Linux", "Red Hat Enterprise Linux", "8.10"),
    ("Linux", "Ubuntu", "22.04"),
    ("Linux", "SLES", "15.5"),
];
pub const PACKAGES: [&str; 16] = [
    "openssl",
    "kernel",
    "glibc",
    "curl",
    "systemd",
    "bind-utils",
    "python3",
    "openssh",
    "libxml2",
    "sudo",
    "vim-minimal",
    "expat",
    "krb5-libs",
    "sqlite-libs",
    "gnutls",
    "tzdata",
];
const SEVERITIES: [&str; 10] =
    ["Critical", "Important", "Important", "Important", "Important", "Moderate", "Moderate", "Moderate", "Low", ""];

pub struct Patch {
    /// The number of the patch among those of all platforms.
    pub number: u64,
    pub published: i64,
    pub reboots: bool,
    /// As reported when it is installed and when it is not; only the latter has CVEs.
    pub installed: Arc<PatchRecord>,
    pub pending: Arc<PatchRecord>,
}

pub struct Platform {
    pub kind: &'static str,
    pub name: &'static str,
    pub version: &'static str,
    /// The patches in the order of their days.
    patches: Vec<Patch>,
}

impl Platform {
    pub fn all(size: &Size) -> Vec<Self> {
        let kinds = (0_u64..).zip(PLATFORMS);
        kinds.map(|(number, kind)| Self::new(size, number, kind)).collect()
    }

    fn new(size: &Size, number: u64, (kind, name, version): (&'static str, &'static str, &'static str)) -> Self {
        let months_before = size.updates.div_ceil(PUBLISHED_PER_MONTH) as i64;
        let months = -months_before..=size.days / MONTH_DAYS + EXTRA_MONTHS;
        let platform = random_u64(size.seed, Purpose::Platform, number, 0);
        // Vendors publish on different days.
        let shift = (platform % MONTH_DAYS as u64) as i64 - MONTH_DAYS;
        let days = months.flat_map(|month| PUBLISHED.map(|(day, count)| (month * MONTH_DAYS + shift + day, count)));
        let published = days.flat_map(|(day, count)| std::iter::repeat_n(day, count));
        let patches = (0_u64..).zip(published).map(|(index, day)| {
            let number = number << 32 | index;
            patch(size.seed, number, index, day, kind)
        });
        Self { kind, name, version, patches: patches.collect() }
    }

    /// The patches that an instance reports on a day.
    pub fn reported(&self, day: i64, updates: usize) -> &[Patch] {
        let end = self.patches.partition_point(|patch| patch.published <= day);
        &self.patches[end.saturating_sub(updates)..end]
    }
}

fn patch(seed: u64, number: u64, index: u64, published: i64, kind: &str) -> Patch {
    let random = random_u64(seed, Purpose::Patch, number, 0);
    let platform = number >> 32;
    let (title, kb_id, classification) = if kind == "Windows" {
        let kb_id = format!("KB5{platform:02}{index:04}");
        let title = format!("Cumulative Update {index} for {} ({kb_id})", PLATFORMS[platform as usize].1);
        (title, kb_id, "SecurityUpdates")
    } else {
        let package = PACKAGES[(index % PACKAGES.len() as u64) as usize];
        let kb_id = format!("{package}.x86_64");
        (format!("{package}.x86_64:0:{platform}.{index}-1"), kb_id, "Security")
    };
    let severity = SEVERITIES[(random % SEVERITIES.len() as u64) as usize].to_owned();
    let plain =
        PatchRecord { title, kb_id, classification: classification.to_owned(), severity, cve_ids: String::new() };
    let pending =
        PatchRecord { cve_ids: format!("CVE-2026-{},CVE-2026-{}", 1_000 + index, 5_000 + index), ..plain.clone() };
    Patch {
        number,
        published,
        reboots: random_bool(REBOOT_PERCENT, seed, Purpose::Reboot, number, 0),
        installed: plain.into(),
        pending: pending.into(),
    }
}
