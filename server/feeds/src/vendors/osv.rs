//! OSV: AlmaLinux, Rocky Linux, Red Hat, SUSE, Debian and Ubuntu. One document is one advisory or CVE.

use super::{Document, time};
use muster_core::feed::FeedFixRecord;
use muster_model::ids::CveId;
use serde::Deserialize;
use serde_json::Value;

const FORMAT: &str = "OSV";
/// What the version of a package of a module has.
const MODULE: &str = ".module";
/// The systems whose advisories name every binary package. Those of Ubuntu have names with versions, those of Debian are sources.
const NAMES_ALL_PACKAGES: [&str; 4] = ["almalinux", "rhel", "rocky", "suse"];

#[derive(Deserialize)]
struct Entry {
    id: String,
    modified: Option<String>,
    withdrawn: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    related: Vec<String>,
    #[serde(default)]
    upstream: Vec<String>,
    #[serde(default)]
    affected: Vec<Affected>,
}

#[derive(Deserialize)]
struct Affected {
    package: Option<Package>,
    #[serde(default)]
    ranges: Vec<Range>,
    #[serde(default)]
    ecosystem_specific: Value,
}

#[derive(Deserialize)]
struct Package {
    ecosystem: String,
    name: String,
}

#[derive(Deserialize)]
struct Range {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    fixed: Option<String>,
}

pub fn read(document: Value) -> Option<Document> {
    let entry: Entry = serde_json::from_value(document).ok()?;
    let published_at = entry.modified.as_deref().and_then(time);
    if entry.withdrawn.is_some() {
        return Some(Document::of_fixes(FORMAT, published_at, Vec::new()));
    }
    let own = entry.id.find("CVE-").and_then(|at| entry.id.get(at..)).map(str::to_owned);
    let mut cves: Vec<String> = [entry.aliases, entry.related, entry.upstream].concat();
    cves.extend(own.clone());
    cves.retain(|id| CveId::is_valid(id));
    cves.sort();
    cves.dedup();
    // What the vendor publishes by CVE is no advisory.
    let advisory = if own.is_some() { String::new() } else { entry.id };
    if cves.is_empty() {
        cves.push(String::new());
    }
    // The streams of modules have versions of their own, which do not compare.
    let fixed = || entry.affected.iter().flat_map(|affected| &affected.ranges).flat_map(|range| &range.events);
    if fixed().any(|event| event.fixed.as_ref().is_some_and(|version| version.contains(MODULE))) {
        return Some(Document::of_fixes(FORMAT, published_at, Vec::new()));
    }
    let is_fixed = |affected: &Affected| {
        affected.ranges.iter().any(|range| range.events.iter().any(|event| event.fixed.is_some()))
    };
    let all_are_fixed = entry.affected.iter().all(is_fixed);
    let mut fixes = Vec::new();
    for affected in entry.affected {
        let Some((package, (system, release))) =
            affected.package.as_ref().and_then(|p| Some((p, system(&p.ecosystem)?)))
        else {
            continue;
        };
        let fixed = affected.ranges.iter().filter(|range| range.kind == "ECOSYSTEM");
        let fixed = fixed.flat_map(|range| range.events.iter().filter_map(|event| event.fixed.clone()));
        let binaries = binaries(&affected.ecosystem_specific);
        let packages: Vec<(String, String)> = match binaries.is_empty() {
            true => fixed.map(|version| (package.name.clone(), version)).collect(),
            // The versions of binary packages are those that are installed.
            false => fixed.take(1).flat_map(|_| binaries.clone()).collect(),
        };
        for (package, version) in packages {
            for cve in &cves {
                fixes.push(FeedFixRecord {
                    system: system.to_owned(),
                    release: release.clone(),
                    package: package.clone(),
                    fixed_version: version.strip_prefix("0:").unwrap_or(&version).to_owned(),
                    cve: cve.clone(),
                    advisory: advisory.clone(),
                    is_complete: all_are_fixed && NAMES_ALL_PACKAGES.contains(&system),
                });
            }
        }
    }
    Some(Document::of_fixes(FORMAT, published_at, fixes))
}

/// The binary packages of a source package of Ubuntu with their versions, in the two ways in which it lists them.
fn binaries(specific: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for binary in specific.get("binaries").and_then(Value::as_array).into_iter().flatten() {
        let text = |key: &str| binary.get(key).and_then(Value::as_str);
        match (text("binary_name"), text("binary_version")) {
            (Some(name), Some(version)) => found.push((name.to_owned(), version.to_owned())),
            _ => {
                let pairs = binary.as_object().into_iter().flatten();
                found.extend(pairs.filter_map(|(name, version)| Some((name.clone(), version.as_str()?.to_owned()))));
            }
        }
    }
    found
}

/// The code of an ecosystem's system, and its release. None of other ecosystems, and of fixes that are only sold.
fn system(ecosystem: &str) -> Option<(&'static str, String)> {
    let parts: Vec<&str> = ecosystem.split(':').collect();
    match parts.as_slice() {
        ["AlmaLinux", release] => Some(("almalinux", (*release).to_owned())),
        ["Rocky Linux", release] => Some(("rocky", (*release).to_owned())),
        ["Debian", release] => Some(("debian", (*release).to_owned())),
        ["Ubuntu", release] | ["Ubuntu", release, "LTS"] => Some(("ubuntu", (*release).to_owned())),
        ["Red Hat", "enterprise_linux", release, ..] => Some(("rhel", release.split('.').next()?.to_owned())),
        ["SUSE", product, ..] => suse_release(product).map(|release| ("suse", release)),
        _ => None,
    }
}

/// `Linux Enterprise Server 15 SP6` is 15.6.
fn suse_release(product: &str) -> Option<String> {
    let release = product.strip_prefix("Linux Enterprise Server ")?;
    match release.split_once(" SP") {
        Some((major, minor)) if minor.bytes().all(|byte| byte.is_ascii_digit()) => Some(format!("{major}.{minor}")),
        Some(_) => None,
        None => release.bytes().all(|byte| byte.is_ascii_digit()).then(|| release.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ecosystems_are_systems_with_a_release() {
        for (ecosystem, expected) in [
            ("AlmaLinux:9", Some(("almalinux", "9"))),
            ("Rocky Linux:8", Some(("rocky", "8"))),
            ("Ubuntu:22.04:LTS", Some(("ubuntu", "22.04"))),
            ("Ubuntu:Pro:18.04:LTS", None),
            ("Debian:12", Some(("debian", "12"))),
            ("Red Hat:enterprise_linux:9::baseos", Some(("rhel", "9"))),
            ("SUSE:Linux Enterprise Server 15 SP6", Some(("suse", "15.6"))),
            ("SUSE:Linux Enterprise Server 15 SP4-LTSS", None),
            ("PyPI", None),
        ] {
            let found = system(ecosystem);
            assert_eq!(found.as_ref().map(|(system, release)| (*system, release.as_str())), expected, "{ecosystem}");
        }
    }

    #[test]
    fn ubuntu_names_binary_packages() {
        for binaries in [
            serde_json::json!([{ "openssh-server": "1:8.9p1-3ubuntu0.10", "openssh-client": "1:8.9p1-3ubuntu0.10" }]),
            serde_json::json!([
                { "binary_name": "openssh-server", "binary_version": "1:8.9p1-3ubuntu0.10" },
                { "binary_name": "openssh-client", "binary_version": "1:8.9p1-3ubuntu0.10" },
            ]),
        ] {
            let document = serde_json::json!({
                "id": "UBUNTU-CVE-2024-6387",
                "upstream": ["CVE-2024-6387"],
                "affected": [{
                    "package": { "ecosystem": "Ubuntu:22.04:LTS", "name": "openssh" },
                    "ranges": [{ "type": "ECOSYSTEM", "events": [{ "introduced": "0" }, { "fixed": "1:8.9p1-3ubuntu0.10" }] }],
                    "ecosystem_specific": { "binaries": binaries },
                }],
            });
            let fixes = read(document).expect("a document").fixes;
            let mut packages: Vec<&str> = fixes.iter().map(|fix| fix.package.as_str()).collect();
            packages.sort_unstable();
            assert_eq!(packages, ["openssh-client", "openssh-server"]);
            assert!(fixes.iter().all(|fix| fix.cve == "CVE-2024-6387" && fix.advisory.is_empty()), "{fixes:?}");
        }
    }
}
