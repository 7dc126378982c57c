//! CSAF: Red Hat's advisories and VEX documents. Which products are fixed is in the ids of products, such as
//! `BaseOS-9.4.0.Z.MAIN.EUS:openssl-libs-1:3.0.7-27.el9.x86_64`.

use super::{Document, time};
use muster_core::feed::FeedFixRecord;
use serde::Deserialize;
use serde_json::Value;

/// The architectures whose packages are not those of instances of Systems Manager.
const OTHER_ARCHITECTURES: [&str; 4] = ["src", "s390x", "ppc64le", "i686"];

/// What the version of a package of a module has.
const MODULE: &str = ".module";
/// What the id of a product of the main stream has.
const MAIN: &str = ".MAIN";

#[derive(Deserialize)]
struct Csaf {
    document: About,
    #[serde(default)]
    vulnerabilities: Vec<Vulnerability>,
}

#[derive(Deserialize)]
struct About {
    tracking: Tracking,
}

#[derive(Deserialize)]
struct Tracking {
    id: String,
    current_release_date: Option<String>,
}

#[derive(Deserialize)]
struct Vulnerability {
    cve: Option<String>,
    #[serde(default)]
    product_status: Status,
}

#[derive(Default, Deserialize)]
struct Status {
    #[serde(default)]
    fixed: Vec<String>,
    #[serde(default)]
    known_affected: Vec<String>,
}

pub fn read(document: Value) -> Option<Document> {
    let Csaf { document, vulnerabilities } = serde_json::from_value(document).ok()?;
    let Tracking { id, current_release_date } = document.tracking;
    // A VEX document is about one CVE and is named after it.
    let advisory = if id.starts_with("CVE-") { String::new() } else { id };
    let mut fixes = Vec::new();
    for Vulnerability { cve, product_status } in vulnerabilities {
        let cve = cve.unwrap_or_default();
        let Status { fixed, known_affected } = product_status;
        // What is affected without a fix, or a module, is a package that is not among the fixes.
        let is_complete = known_affected.is_empty() && !fixed.iter().any(|product| product.contains(MODULE));
        for (release, package, fixed_version) in fixed.iter().filter_map(|product| package(product)) {
            let (system, cve, advisory) = ("rhel".to_owned(), cve.clone(), advisory.clone());
            fixes.push(FeedFixRecord { system, release, package, fixed_version, cve, advisory, is_complete });
        }
    }
    Some(Document::of_fixes("CSAF", current_release_date.as_deref().and_then(time), fixes))
}

/// The release, package and version of a product of the main stream; none of modules, which have several streams with other
/// versions, and none of releases with extended support, whose fixes have lower versions.
fn package(product: &str) -> Option<(String, String, String)> {
    let (stream, nevra) = product.split_once(':')?;
    if !stream.contains(MAIN) {
        return None;
    }
    let (nevr, architecture) = nevra.rsplit_once('.')?;
    if OTHER_ARCHITECTURES.contains(&architecture) || nevr.contains(MODULE) {
        return None;
    }
    let (rest, release) = nevr.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    let digits: String = release.split(".el").nth(1)?.chars().take_while(char::is_ascii_digit).collect();
    let version = version.strip_prefix("0:").unwrap_or(version);
    (!digits.is_empty() && !name.is_empty()).then(|| (digits, name.to_owned(), format!("{version}-{release}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_affected_without_a_fix_makes_the_list_incomplete() {
        let document = |known_affected: &[&str]| {
            let fixed = ["BaseOS-9.4.0.Z.MAIN.EUS:openssl-1:3.0.7-27.el9.x86_64"];
            let status = serde_json::json!({ "fixed": fixed, "known_affected": known_affected });
            let vulnerability = serde_json::json!({ "cve": "CVE-2024-0727", "product_status": status });
            let tracking = serde_json::json!({ "tracking": { "id": "CVE-2024-0727" } });
            serde_json::json!({ "document": tracking, "product_tree": {}, "vulnerabilities": [vulnerability] })
        };
        let is_complete = |known_affected: &[&str]| {
            read(document(known_affected)).expect("a document").fixes.iter().all(|fix| fix.is_complete)
        };
        assert!(is_complete(&[]) && !is_complete(&["red_hat_enterprise_linux_9:edk2"]));
    }

    #[test]
    fn products_name_packages_of_a_release() {
        for (product, expected) in [
            (
                "BaseOS-9.4.0.Z.MAIN.EUS:openssl-libs-1:3.0.7-27.el9.x86_64",
                Some(("9", "openssl-libs", "1:3.0.7-27.el9")),
            ),
            (
                "AppStream-9.4.0.Z.MAIN:kernel-0:5.14.0-427.13.1.el9_4.x86_64",
                Some(("9", "kernel", "5.14.0-427.13.1.el9_4")),
            ),
            (
                "BaseOS-8.10.0.Z.MAIN.EUS:python3-libs-0:3.6.8-62.el8_10.noarch",
                Some(("8", "python3-libs", "3.6.8-62.el8_10")),
            ),
            ("BaseOS-9.4.0.Z.MAIN.EUS:openssl-1:3.0.7-27.el9.src", None),
            ("AppStream-9:nodejs-1:20.12.2-2.module+el9.4.0+21731+46b5b8a7.x86_64", None),
            ("BaseOS-9.2.0.Z.EUS:openssh-0:8.7p1-30.el9_2.4.x86_64", None),
            ("AppStream-9.4.0.Z.MAIN:nodejs-1:20.12.2-2.module+el9.4.0+21731+46b5b8a7.x86_64", None),
            ("red_hat_enterprise_linux_9:openssl", None),
            ("", None),
        ] {
            let found = package(product);
            let found =
                found.as_ref().map(|(release, name, version)| (release.as_str(), name.as_str(), version.as_str()));
            assert_eq!(found, expected, "{product}");
        }
    }
}
