//! What the inventory plugin uploads: software per machine, in the maps of strings that SSM keeps.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};

use super::{baseline::PATCH_GROUP_TAG, instance::Instance, site::Site, trouble::Trouble};
use crate::{
    catalogue::{Rule, catalogue},
    clock,
};

/// One entry of an inventory item's content.
pub type Entry = BTreeMap<&'static str, String>;

/// SSM drops inventory so many days after its last update.
pub const KEPT_DAYS: i64 = 30;

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
        tags.push(("Name", instance.name.clone()));
    }
    if let Some(group) = instance.group {
        tags.push((PATCH_GROUP_TAG, group.name().to_owned()));
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

/// When its inventory was gathered last: each day shortly before the harvest moment, while the machine answers.
pub fn captured_at(instance: &Instance, today: Date) -> Timestamp {
    clock::at(instance.last_day_seen(today), 1, 30)
}

pub fn instance_information(instance: &Instance, today: Date) -> Entry {
    let agent_version = instance.agent.version(instance.last_day_seen(today));
    Entry::from([
        ("AgentType", "amazon-ssm-agent".to_owned()),
        ("AgentVersion", agent_version.to_owned()),
        ("ComputerName", instance.computer_name.clone()),
        ("InstanceId", instance.id.to_string()),
        ("InstanceStatus", status(instance, today).unwrap_or("Terminated").to_owned()),
        ("IpAddress", instance.ip_address.clone()),
        ("PlatformName", instance.platform.name.to_owned()),
        ("PlatformType", instance.platform.type_name().to_owned()),
        ("PlatformVersion", instance.platform.version.to_owned()),
        ("ResourceType", instance.resource_type().to_owned()),
    ])
}

pub fn applications(instance: &Instance) -> Vec<Entry> {
    if instance.platform.is_windows() {
        return WINDOWS_PROGRAMS.iter().map(|&(name, publisher, version)| program(name, publisher, version)).collect();
    }
    let chains = catalogue().chains(instance.platform);
    let held = instance.packages.iter().flat_map(|package| {
        let chain = &chains[usize::from(package.chain)];
        package.held.iter().map(|held| (chain.releases[usize::from(held.position)], held.installed_at))
    });
    held.map(|(release, installed_at)| linux_package(&catalogue().release(release).title, installed_at)).collect()
}

fn program(name: &str, publisher: &str, version: &str) -> Entry {
    Entry::from([
        ("Architecture", "x86_64".to_owned()),
        ("Name", name.to_owned()),
        ("Publisher", publisher.to_owned()),
        ("Version", version.to_owned()),
    ])
}

/// From `name.arch:epoch:version-release` or Debian's `name.arch:version`.
fn linux_package(title: &str, installed_at: Option<Timestamp>) -> Entry {
    let (package, version) = title.split_once(':').unwrap_or((title, ""));
    let (name, architecture) = package.rsplit_once('.').unwrap_or((package, ""));
    let (epoch, version) = match version.split_once(':') {
        Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => (epoch, rest),
        _ => ("", version),
    };
    let (version, release) = version.rsplit_once('-').unwrap_or((version, ""));
    let mut entry = Entry::from([
        ("Architecture", architecture.to_owned()),
        ("Epoch", epoch.to_owned()),
        ("Name", name.to_owned()),
        ("Publisher", String::new()),
        ("Release", release.to_owned()),
        ("Version", version.to_owned()),
    ]);
    if let Some(at) = installed_at {
        entry.insert("InstalledTime", iso_seconds(at));
    }
    entry
}

/// The hotfixes that Win32_QuickFixEngineering lists.
pub fn windows_updates(instance: &Instance) -> Vec<Entry> {
    if !instance.platform.is_windows() {
        return Vec::new();
    }
    let chains = catalogue().chains(instance.platform);
    let mut entries = Vec::new();
    for package in &instance.packages {
        let chain = &chains[usize::from(package.chain)];
        for held in package.held.iter().filter(|_| chain.rule != Rule::Replace) {
            let release = catalogue().release(chain.releases[usize::from(held.position)]);
            let security = release.classification == "SecurityUpdates";
            entries.push(Entry::from([
                ("Description", if security { "Security Update" } else { "Update" }.to_owned()),
                ("HotFixId", release.kb_id.clone()),
                ("InstalledBy", "NT AUTHORITY\\SYSTEM".to_owned()),
                ("InstalledTime", held.installed_at.map(iso_seconds).unwrap_or_default()),
            ]));
        }
    }
    entries
}

/// Inventory writes times as text, to the second.
pub fn iso_seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
