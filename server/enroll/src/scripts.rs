//! The start-up scripts, with the settings of this server and its registry filled in.
//!
//! Values are put between single quotes as text. The origin of a [`muster_access::public_url::PublicUrl`] and the names of labels in
//! a valid registry have no characters that could end the quotes.

use crate::registry::LabelNames;
use muster_model::enrollment::EnrollmentScript;
use sha2::{Digest, Sha256};

/// The hexadecimal digits of the hash that are in the address.
const VERSION_DIGITS: usize = 16;

/// One of the scripts.
pub(crate) struct Script {
    system: &'static str,
    /// The last part of its address.
    pub file: &'static str,
    template: &'static str,
}

pub(crate) const ALL: [Script; 2] = [
    Script { system: "Linux", file: "linux.sh", template: include_str!("../scripts/linux.sh") },
    Script { system: "Windows", file: "windows.ps1", template: include_str!("../scripts/windows.ps1") },
];

impl Script {
    /// The script for this server, an origin without a slash at the end.
    fn fill_in(&self, server: &str, labels: &LabelNames) -> String {
        let values = [
            ("@SERVER@", server),
            ("@PATCHING_LABEL@", &labels.patching),
            ("@PATCH_GROUP_LABEL@", &labels.patch_group),
        ];
        values.into_iter().fold(self.template.to_owned(), |text, (name, value)| text.replacen(name, value, 1))
    }

    /// The script, if this is its version.
    pub fn find(&self, version: &str, server: &str, labels: &LabelNames) -> Option<String> {
        let text = self.fill_in(server, labels);
        (version == &hash(&text)[..VERSION_DIGITS]).then_some(text)
    }

    pub fn describe(&self, server: &str, labels: &LabelNames) -> EnrollmentScript {
        let sha256 = hash(&self.fill_in(server, labels));
        let url = format!("{server}/enroll/v1/scripts/{}/{}", &sha256[..VERSION_DIGITS], self.file);
        EnrollmentScript { system: self.system.to_owned(), url, sha256 }
    }
}

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}
