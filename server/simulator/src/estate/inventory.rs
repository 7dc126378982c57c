//! What the inventory plugin uploads: software per machine, in the maps of strings that SSM keeps.

mod entry;

pub use entry::Entry;

use jiff::{Timestamp, civil::Date};

use super::{
    baseline::PATCH_GROUP_TAG,
    instance::{Instance, Report},
    site::Site,
    trouble::Trouble,
};
use crate::{
    catalogue::{Release, Rule, catalogue},
    clock, random,
};

/// SSM drops inventory so many days after its last update.
pub const KEPT_DAYS: i64 = 30;

/// The tag by which a hybrid node says whose cloud it runs in.
pub const PROVIDER_TAG: &str = "muster:provider";

/// Inventory cannot be gathered more often.
pub const GATHERED_EVERY_MINUTES: i64 = 30;

/// Machines fall silent after this hour of their last day.
const LAST_CAPTURE_HOUR: i8 = 3;

/// What Windows machines have beside their updates: name, publisher, version.
const WINDOWS_PROGRAMS: &[(&str, &str, &str)] = &[
    ("7-Zip 24.09 (x64)", "Igor Pavlov", "24.09"),
    ("Amazon SSM Agent", "Amazon Web Services", "3.3.2299.0"),
    ("Microsoft Edge", "Microsoft Corporation", "142.0.3595.80"),
    ("Microsoft Visual C++ 2015-2022 Redistributable (x64) - 14.42.34433", "Microsoft Corporation", "14.42.34433.0"),
    ("Notepad++ (64-bit x64)", "Notepad++ Team", "8.7.5"),
    ("OpenSSH Server", "Microsoft Corporation", "9.5.0.0"),
    ("PowerShell 7-x64", "Microsoft Corporation", "7.4.6.0"),
];

pub fn tags(site: &Site, instance: &Instance) -> Vec<(&'static str, String)> {
    let mut tags = Vec::new();
    if instance.id.starts_with("i-") {
        tags.push(("Name", instance.name.to_string()));
    }
    if let Some(group) = instance.group {
        tags.push((PATCH_GROUP_TAG, group.name().to_owned()));
    }
    // What hybrid nodes were enrolled with; EC2 needs nobody to say whose cloud it is.
    if instance.is_hybrid() {
        tags.push((PROVIDER_TAG, site.provider.to_string()));
    }
    tags.push(("account", site.account_id.to_string()));
    tags
}

/// Active, ConnectionLost, Stopped or Terminated; None before it came and after SSM forgot it.
pub fn status(instance: &Instance, today: Date) -> Option<&'static str> {
    if instance.joined > today || clock::days_between(instance.last_day_seen(today), today) > KEPT_DAYS {
        return None;
    }
    Some(match () {
        () if instance.left.is_some_and(|left| left <= today) => "Terminated",
        () if instance.has(Trouble::Away, today) => "Stopped",
        () if instance.has(Trouble::Offline, today) => "ConnectionLost",
        () => "Active",
    })
}

/// When its inventory was gathered last: at every half hour while the machine answers, and shortly before its end.
pub fn captured_at(instance: &Instance, now: Timestamp) -> Timestamp {
    let today = clock::date_of(now);
    if !instance.is_online(today) {
        return clock::at(instance.last_day_seen(today), LAST_CAPTURE_HOUR, 0);
    }
    let seconds = GATHERED_EVERY_MINUTES * 60;
    Timestamp::from_second(now.as_second().div_euclid(seconds) * seconds).unwrap_or(now)
}

pub fn instance_information(instance: &Instance, today: Date) -> Entry {
    let agent_version = instance.agent.version(instance.last_day_seen(today));
    Entry::from([
        ("AgentType", "amazon-ssm-agent".into()),
        ("AgentVersion", agent_version.into()),
        ("ComputerName", instance.computer_name.to_string().into()),
        ("InstanceId", instance.id.to_string().into()),
        ("InstanceStatus", status(instance, today).unwrap_or("Terminated").into()),
        ("IpAddress", instance.ip_address.to_string().into()),
        ("PlatformName", instance.platform.name.into()),
        ("PlatformType", instance.platform.type_name().into()),
        ("PlatformVersion", instance.platform.version.into()),
        ("ResourceType", instance.resource_type().into()),
    ])
}

/// What the agent reads of the hardware. All of it is text, as everything in an inventory.
pub fn instance_detailed_information(instance: &Instance) -> Entry {
    const MODELS: &[(&str, &str)] = &[
        ("Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz", "2500"),
        ("Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz", "2494"),
        ("AMD EPYC 7R32", "2800"),
    ];
    let hash = random::hash(&instance.id);
    let (model, mhz) = MODELS[(hash % MODELS.len() as u64) as usize];
    let cores = 1_u64 << ((hash >> 8) % 4);
    let mut entry = Entry::from([
        ("CPUCores", cores.to_string().into()),
        ("CPUHyperThreadEnabled", "true".into()),
        ("CPUModel", model.into()),
        ("CPUSockets", "1".into()),
        ("CPUSpeedMHz", mhz.into()),
        ("CPUs", (2 * cores).to_string().into()),
    ]);
    if instance.platform.is_windows() {
        entry.push("OSServicePack", "".into());
    }
    entry
}

pub fn applications(instance: &Instance) -> Vec<Entry> {
    if instance.platform.is_windows() {
        return WINDOWS_PROGRAMS.iter().map(|&(name, publisher, version)| program(name, publisher, version)).collect();
    }
    held(instance).iter().map(|one| linux_package(&one.release.title, one.installed_at)).collect()
}

fn program(name: &'static str, publisher: &'static str, version: &'static str) -> Entry {
    Entry::from([
        ("Architecture", "x86_64".into()),
        ("Name", name.into()),
        ("Publisher", publisher.into()),
        ("Version", version.into()),
    ])
}

/// From `name.arch:epoch:version-release` or Debian's `name.arch:version`.
fn linux_package(title: &'static str, installed_at: Option<Timestamp>) -> Entry {
    let (package, version) = title.split_once(':').unwrap_or((title, ""));
    let (name, architecture) = package.rsplit_once('.').unwrap_or((package, ""));
    let (epoch, version) = match version.split_once(':') {
        Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => (epoch, rest),
        _ => ("", version),
    };
    let (version, release) = version.rsplit_once('-').unwrap_or((version, ""));
    let mut entry = Entry::from([
        ("Architecture", architecture.into()),
        ("Epoch", epoch.into()),
        ("Name", name.into()),
        ("Publisher", "".into()),
        ("Release", release.into()),
        ("Version", version.into()),
    ]);
    if let Some(at) = installed_at {
        entry.push("InstalledTime", iso_seconds(at).into());
    }
    entry
}

/// The hotfixes that Win32_QuickFixEngineering lists.
pub fn windows_updates(instance: &Instance) -> Vec<Entry> {
    if !instance.platform.is_windows() {
        return Vec::new();
    }
    let entry = |one: &Held| {
        let security = one.release.classification == "SecurityUpdates";
        Entry::from([
            ("Description", if security { "Security Update" } else { "Update" }.into()),
            ("HotFixId", one.release.kb_id.as_str().into()),
            ("InstalledBy", "NT AUTHORITY\\SYSTEM".into()),
            ("InstalledTime", one.installed_at.map(iso_seconds).unwrap_or_default().into()),
        ])
    };
    held(instance).iter().filter(|one| one.stays).map(entry).collect()
}

/// One release that is on a machine.
struct Held {
    release: &'static Release,
    installed_at: Option<Timestamp>,
    /// Its successor does not take its place.
    stays: bool,
}

/// From its packages; of a machine that keeps none, from what it reports.
fn held(instance: &Instance) -> Vec<Held> {
    if instance.packages.is_empty() {
        let rows = instance.report.as_ref().map(Report::rows).unwrap_or_default();
        let there = rows.iter().filter(|row| row.state.is_installed());
        return there.map(|row| Held { release: row.release(), installed_at: row.installed_at, stays: true }).collect();
    }
    let chains = catalogue().chains(instance.platform);
    let packages = instance.packages.iter().flat_map(|package| {
        let chain = &chains[usize::from(package.chain)];
        package.held.iter().map(move |held| Held {
            release: catalogue().release(chain.releases[usize::from(held.position)]),
            installed_at: held.installed_at,
            stays: chain.rule != Rule::Replace,
        })
    });
    packages.collect()
}

/// Inventory writes times as text, to the second.
pub fn iso_seconds(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}
