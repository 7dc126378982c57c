//! The documents that patch: which commands are runs, and whether one scans or installs.

use muster_model::run::PATCH_DOCUMENTS;
use std::collections::HashMap;

/// The parameters that say what a patch document does. `AWS-InstallWindowsUpdates` has the latter.
const OPERATION_PARAMETERS: [&str; 2] = ["Operation", "Action"];
/// The document that only scans, and has no such parameter.
const SCANS: &str = "AWS-FindWindowsUpdates";
const SCAN: &str = "Scan";
const INSTALL: &str = "Install";

/// The names of the documents whose commands are harvested: AWS's own, and configured ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchDocuments(Vec<String>);

impl Default for PatchDocuments {
    fn default() -> Self {
        Self(PATCH_DOCUMENTS.map(str::to_owned).to_vec())
    }
}

impl PatchDocuments {
    /// Adds documents of one's own, by name or by the ARN of a shared one.
    pub fn with(mut self, configured: &[String]) -> Self {
        for name in configured.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
            if !self.has(name) {
                self.0.push(name.to_owned());
            }
        }
        self
    }

    /// Whether a command with a document of this name, or with this ARN, patches.
    pub fn has(&self, document: &str) -> bool {
        self.0.iter().any(|known| base_name(known) == base_name(document))
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// Returns the name of a document, which a shared one has at the end of its ARN.
fn base_name(document: &str) -> &str {
    document.rsplit_once(":document/").map_or(document, |(_, name)| name)
}

/// Returns what a command of a patch document does, in the spelling of `AWS-RunPatchBaseline`. A document without a
/// parameter that says so installs. Of the parameters nothing else is kept: people put secrets into them.
pub fn operation(document: &str, parameters: Option<&HashMap<String, Vec<String>>>) -> String {
    let value = |name: &&str| parameters?.get(*name)?.iter().map(|value| value.trim()).find(|value| !value.is_empty());
    match OPERATION_PARAMETERS.iter().find_map(value) {
        None if base_name(document) == SCANS => SCAN.to_owned(),
        None => INSTALL.to_owned(),
        Some(sent) => match [SCAN, INSTALL].into_iter().find(|known| known.eq_ignore_ascii_case(sent)) {
            Some(known) => known.to_owned(),
            None => super::text::clean(sent),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_of_aws_that_patches_is_followed() {
        let documents = PatchDocuments::default();
        for name in PATCH_DOCUMENTS {
            assert!(documents.has(name), "{name}");
            assert!(documents.has(&format!("arn:aws-cn:ssm:cn-north-1::document/{name}")), "{name}");
        }
        for other in ["AWS-RunShellScript", "AWS-RunPatchBaseline2", "My-AWS-RunPatchBaseline", ""] {
            assert!(!documents.has(other), "{other}");
        }
    }

    #[test]
    fn configured_documents_are_followed_by_name_and_by_arn() {
        let configured = [" Patch-Linux ", "arn:aws:ssm:us-east-1:111122223333:document/Shared", "", "Patch-Linux"];
        let documents = PatchDocuments::default().with(&configured.map(str::to_owned));
        assert_eq!(documents.names().count(), PATCH_DOCUMENTS.len() + 2);
        for name in ["Patch-Linux", "Shared", "arn:aws:ssm:eu-west-1:111122223333:document/Patch-Linux"] {
            assert!(documents.has(name), "{name}");
        }
    }

    #[test]
    fn what_a_run_does_is_its_operation_or_its_action() {
        let sent = |name: &str, value: &str| HashMap::from([(name.to_owned(), vec![value.to_owned()])]);
        assert_eq!(operation("Any", Some(&sent("Operation", "Scan"))), "Scan");
        assert_eq!(operation("Any", Some(&sent("Action", "install"))), "Install");
        assert_eq!(operation("Any", Some(&sent("AllowReboot", "True"))), "Install");
        assert_eq!(operation("Any", Some(&sent("Operation", ""))), "Install");
        assert_eq!(operation("Any", Some(&sent("Operation", "Verify\u{7}"))), "Verify");
        assert_eq!(operation("Any", None), "Install");
        assert_eq!(operation("AWS-FindWindowsUpdates", None), "Scan");
    }
}
