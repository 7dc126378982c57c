//! Reads the embedded tables and derives the KB id and the chain of each release from its title.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::{Catalogue, Chain, PLATFORMS, Platform, Release, ReleaseId, Rule};

/// Windows lists every cumulative update. No instance of the estate has had more than this.
const KEEP_ALL: usize = 64;

macro_rules! table {
    ($($key:literal),+ $(,)?) => {
        &[$(($key, include_str!(concat!("data/", $key, ".toml")))),+]
    };
}

#[rustfmt::skip]
const TABLES: &[(&str, &str)] = table![
    "amazon-1", "amazon-2", "amazon-2023", "centos-7", "centos-stream-9", "debian-11", "debian-12", "el8", "el8-kernel",
    "el9", "el9-kernel", "oracle-8-kernel", "oracle-9-kernel", "rocky-9-extra", "sles-15", "ubuntu-20.04",
    "ubuntu-22.04", "ubuntu-24.04", "windows", "windows-2016", "windows-2019", "windows-2022", "windows-2025",
];

/// One data file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// Chains with several releases installed side by side, and how many.
    #[serde(default)]
    keep: BTreeMap<String, usize>,
    /// Chains that take effect only after a reboot.
    #[serde(default)]
    reboot: Vec<String>,
    /// Released on, Title, Classification, Severity, CVE ids joined by commas.
    #[serde(default)]
    releases: Vec<(Date, String, String, String, String)>,
    /// Titles (KB ids on Windows) of releases from other sources than the baseline's repositories.
    #[serde(default)]
    other: Vec<String>,
    /// Titles of releases that never apply.
    #[serde(default)]
    not_applicable: Vec<String>,
}

pub(super) fn load() -> Catalogue {
    let tables: BTreeMap<&str, Table> = TABLES
        .iter()
        .map(|(key, text)| match toml::from_str(text) {
            Ok(table) => (*key, table),
            // The text is part of the binary, so only editing it can cause this.
            Err(error) => panic!("The embedded table {key}.toml is invalid: {error}"),
        })
        .collect();
    let mut loader = Loader::default();
    let chains = PLATFORMS.iter().map(|platform| (platform.key, loader.platform(platform, &tables))).collect();
    Catalogue { releases: loader.releases, chains }
}

#[derive(Default)]
struct Loader {
    releases: Vec<Release>,
    by_title: BTreeMap<(String, String), ReleaseId>,
}

impl Loader {
    fn platform(&mut self, platform: &Platform, tables: &BTreeMap<&str, Table>) -> Vec<Chain> {
        let mut chains = BTreeMap::new();
        for table in platform.sources.iter().filter_map(|key| tables.get(key)) {
            for (released, title, classification, severity, cve_ids) in &table.releases {
                let name = chain_name(title, platform.is_windows());
                let release = Release {
                    kb_id: kb_id(title, platform.is_windows()),
                    title: title.clone(),
                    classification: classification.clone(),
                    severity: severity.clone(),
                    cve_ids: cve_ids.clone(),
                    released: *released,
                };
                let chain = chains.entry(name.clone()).or_insert_with(|| Chain {
                    rule: rule(&name, platform.is_windows(), table),
                    needs_reboot: table.reboot.contains(&name),
                    name,
                    releases: Vec::new(),
                });
                chain.releases.push(self.intern(release));
            }
            for (titles, rule) in [(&table.other, Rule::Unmanaged), (&table.not_applicable, Rule::NotApplicable)] {
                for title in titles {
                    let id = self.intern(undescribed(title, platform.is_windows()));
                    let chain = Chain { name: title.clone(), rule, needs_reboot: false, releases: vec![id] };
                    chains.insert(title.clone(), chain);
                }
            }
        }
        chains.into_values().collect()
    }

    fn intern(&mut self, release: Release) -> ReleaseId {
        let key = (release.title.clone(), release.kb_id.clone());
        let next = self.releases.len() as ReleaseId;
        let id = *self.by_title.entry(key).or_insert(next);
        if id == next {
            self.releases.push(release);
        }
        id
    }
}

/// A release that no baseline describes. SSM leaves out its classification and severity, and the title of a Windows
/// hotfix if it only knows the number.
fn undescribed(title: &str, windows: bool) -> Release {
    let only_number = windows && title.starts_with("KB");
    Release {
        kb_id: if only_number { title.to_owned() } else { kb_id(title, windows) },
        title: if only_number { String::new() } else { title.to_owned() },
        classification: String::new(),
        severity: String::new(),
        cve_ids: String::new(),
        released: Date::constant(2024, 1, 1),
    }
}

/// `name.arch` on Linux, the number in the title on Windows.
fn kb_id(title: &str, windows: bool) -> String {
    if !windows {
        return title.split(':').next().unwrap_or(title).to_owned();
    }
    let from = title.find("KB").unwrap_or(title.len());
    let digits = title[from..].bytes().skip(2).take_while(u8::is_ascii_digit).count();
    title[from..(from + 2 + digits).min(title.len())].to_owned()
}

fn chain_name(title: &str, windows: bool) -> String {
    const WINDOWS_CHAINS: &[(&str, &str)] = &[
        (".NET Framework", "dotnet"),
        ("Servicing Stack", "servicing-stack"),
        ("Malicious Software", "malicious-software-removal"),
        ("Defender Antivirus - KB2267602", "defender-intelligence"),
        ("antimalware platform", "defender-platform"),
        ("Cumulative Update for", "cumulative"),
    ];
    if windows {
        let known = WINDOWS_CHAINS.iter().find(|(part, _)| title.contains(part));
        return known.map_or(title, |(_, name)| name).to_owned();
    }
    let package = kb_id(title, windows);
    // Debian's and Ubuntu's kernel packages carry the version in their names.
    if package.starts_with("linux-image-") { "linux-image".to_owned() } else { package }
}

fn rule(name: &str, windows: bool, table: &Table) -> Rule {
    match table.keep.get(name) {
        Some(&count) => Rule::Keep(count),
        None if windows && matches!(name, "cumulative" | "dotnet" | "servicing-stack") => Rule::Keep(KEEP_ALL),
        None => Rule::Replace,
    }
}
