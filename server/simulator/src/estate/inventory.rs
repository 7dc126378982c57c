//! The inventory that instances upload: identity, hardware, tags and software, as SSM's maps of text.

mod entry;

pub use entry::Entry;

use std::borrow::Cow;

use jiff::{Timestamp, civil::Date};

use super::{Instance, PATCH_GROUP_TAG, PatchRow, Report, Site, Trouble};
use crate::{
    catalogue::{Release, Rule, catalogue},
    clock, random,
};

/// SSM drops inventory this many days after its last update.
pub const RETENTION_DAYS: i64 = 30;

/// The tag that names the cloud of a hybrid node.
pub const PROVIDER_TAG: &str = "muster:provider";

/// Inventory is gathered every 30 minutes, the shortest interval that SSM allows.
pub const INTERVAL_SECONDS: i64 = 30 * 60;

/// The hour of the last capture on the last day on which an instance responds.
const LAST_CAPTURE_HOUR: i8 = 3;

/// Programs on Windows instances: name, publisher, version.
const WINDOWS_PROGRAMS: &[(&str, &str, &str)] = &[
    ("7-Zip 24.09 (x64)", "Igor Pavlov", "24.09"),
    ("Amazon SSM Agent", "Amazon Web Services", "3.3.2299.0"),
    ("Microsoft Edge", "Microsoft Corporation", "142.0.3595.80"),
    ("Microsoft Visual C++ 2015-2022 Redistributable (x64) - 14.42.34433", "Microsoft Corporation", "14.42.34433.0"),
    ("Notepad++ (64-bit x64)", "Notepad++ Team", "8.7.5"),
    ("OpenSSH Server", "Microsoft Corporation", "9.5.0.0"),
    ("PowerShell 7-x64", "Microsoft Corporation", "7.4.6.0"),
];

pub fn tags(site: &Site, instance: &Instance) -> Vec<(Cow<'static, str>, String)> {
    let mut tags: Vec<(Cow<'static, str>, String)> = Vec::new();
    if !instance.is_hybrid() {
        tags.push(("Name".into(), instance.name.to_string()));
    }
    if let Some(group) = instance.group {
        tags.push((PATCH_GROUP_TAG.into(), group.name().to_owned()));
    }
    // Hybrid nodes got this tag at enrollment. EC2 instances need none.
    if instance.is_hybrid() {
        tags.push((PROVIDER_TAG.into(), site.provider.to_string()));
    }
    tags.push(("account".into(), site.account_id.to_string()));
    let policies = site.policies.iter().filter(|policy| policy.targets(instance));
    tags.extend(policies.map(|policy| policy.tag()).map(|(key, value)| (key.into(), value)));
    tags
}

/// Active, ConnectionLost, Stopped or Terminated. None before the instance joined and after SSM dropped its inventory.
pub fn status(instance: &Instance, today: Date) -> Option<&'static str> {
    if instance.joined > today || clock::days_between(instance.last_day_seen(today), today) > RETENTION_DAYS {
        return None;
    }
    Some(if instance.is_gone(today) {
        "Terminated"
    } else if instance.has(Trouble::Stopped, today) {
        "Stopped"
    } else if instance.has(Trouble::Offline, today) {
        "ConnectionLost"
    } else {
        "Active"
    })
}

/// When its inventory was last captured: every half hour while the agent responds.
pub fn captured_at(instance: &Instance, now: Timestamp) -> Timestamp {
    let today = clock::date_of(now);
    if !instance.is_online(today) {
        return clock::at(instance.last_day_seen(today), LAST_CAPTURE_HOUR, 0);
    }
    clock::rounded_down(now, INTERVAL_SECONDS)
}

pub fn instance_information(instance: &Instance, today: Date) -> Entry {
    Entry::from([
        ("AgentType", "amazon-ssm-agent".into()),
        ("AgentVersion", instance.agent_version(today).into()),
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

/// Hardware data. Like everything in an inventory it is text.
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
    installed(instance).iter().map(|one| linux_package(&one.release.title, one.installed_at)).collect()
}

fn program(name: &'static str, publisher: &'static str, version: &'static str) -> Entry {
    Entry::from([
        ("Architecture", "x86_64".into()),
        ("Name", name.into()),
        ("Publisher", publisher.into()),
        ("Version", version.into()),
    ])
}

/// Splits `name.arch:epoch:version-release` or Debian's `name.arch:version`.
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
    let entry = |one: &Installed| {
        let security = one.release.classification == "SecurityUpdates";
        Entry::from([
            ("Description", if security { "Security Update" } else { "Update" }.into()),
            ("HotFixId", one.release.kb_id.as_str().into()),
            ("InstalledBy", "NT AUTHORITY\\SYSTEM".into()),
            ("InstalledTime", one.installed_at.map(iso_seconds).unwrap_or_default().into()),
        ])
    };
    installed(instance).iter().filter(|one| one.is_kept).map(entry).collect()
}

/// One release on an instance.
struct Installed {
    release: &'static Release,
    installed_at: Option<Timestamp>,
    /// Whether it stays installed beside its successor.
    is_kept: bool,
}

/// The releases of its packages, or of its last report if it is generated and has no packages.
fn installed(instance: &Instance) -> Vec<Installed> {
    if instance.packages.is_empty() {
        let rows = instance.report.as_ref().map(Report::rows).unwrap_or_default();
        let rows = rows.iter().filter(|row| row.state.is_installed());
        let installed =
            |row: &PatchRow| Installed { release: row.release(), installed_at: row.installed_at, is_kept: true };
        return rows.map(installed).collect();
    }
    let chains = catalogue().chains(instance.platform);
    let packages = instance.packages.iter().flat_map(|package| {
        let chain = &chains[usize::from(package.chain)];
        package.installed.iter().map(move |one| Installed {
            release: catalogue().release(chain.releases[usize::from(one.position)]),
            installed_at: one.installed_at,
            is_kept: chain.rule != Rule::Replace,
        })
    });
    packages.collect()
}

/// The form of times in an inventory: text, to the second.
pub fn iso_seconds(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}
