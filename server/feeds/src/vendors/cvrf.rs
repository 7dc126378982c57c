//! CVRF of the Microsoft Security Response Center, as JSON: one document is one month.

use super::{Document, time};
use muster_core::feed::FeedFixRecord;
use serde::Deserialize;
use serde_json::Value;

/// The type of a remediation that is an update.
const VENDOR_FIX: i64 = 2;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Cvrf {
    document_tracking: Tracking,
    vulnerability: Vec<Vulnerability>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tracking {
    current_release_date: Option<String>,
}

#[derive(Deserialize)]
struct Vulnerability {
    #[serde(rename = "CVE")]
    cve: Option<String>,
    #[serde(rename = "Remediations", default)]
    remediations: Vec<Remediation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Remediation {
    #[serde(rename = "Type")]
    kind: Option<i64>,
    #[serde(default)]
    description: Description,
    fixed_build: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Description {
    value: Option<String>,
}

pub fn read(document: Value) -> Option<Document> {
    let Cvrf { document_tracking, vulnerability } = serde_json::from_value(document).ok()?;
    let mut fixes = Vec::new();
    for Vulnerability { cve, remediations } in vulnerability {
        let Some(cve) = cve else { continue };
        for Remediation { kind, description, fixed_build } in remediations {
            let number = description.value.unwrap_or_default();
            let number = number.trim().trim_start_matches("KB");
            // Others are links, such as that of the release notes.
            let is_kb = number.len() >= 6 && number.bytes().all(|byte| byte.is_ascii_digit());
            if kind == Some(VENDOR_FIX) && is_kb {
                fixes.push(FeedFixRecord {
                    system: "windows".to_owned(),
                    release: String::new(),
                    package: format!("KB{number}"),
                    fixed_version: fixed_build.unwrap_or_default(),
                    cve: cve.clone(),
                    advisory: String::new(),
                    is_complete: false,
                });
            }
        }
    }
    let published_at = document_tracking.current_release_date.as_deref().and_then(time);
    Some(Document::of_fixes("CVRF", published_at, fixes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remediations_that_are_updates_name_their_kb() {
        let document = serde_json::json!({
            "DocumentTracking": { "CurrentReleaseDate": "2024-01-10T08:00:00Z" },
            "Vulnerability": [{
                "CVE": "CVE-2024-20674",
                "Remediations": [
                    { "Type": 2, "Description": { "Value": "5034129" }, "FixedBuild": "10.0.20348.2227", "ProductID": ["11923"] },
                    { "Type": 5, "Description": { "Value": "5034129" } },
                    { "Type": 2, "Description": { "Value": "Release Notes" } },
                ],
            }],
        });
        let document = read(document).expect("a document");
        assert_eq!(document.fixes.len(), 1);
        let fix = &document.fixes[0];
        assert_eq!((fix.package.as_str(), fix.fixed_version.as_str()), ("KB5034129", "10.0.20348.2227"));
        assert_eq!(document.published_at.expect("a time").to_string(), "2024-01-10T08:00:00Z");
    }
}
