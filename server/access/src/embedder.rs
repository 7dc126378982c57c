//! Embedding pages, which may frame the portal and sign in their own users: the `[[embedder]]` sections of the access
//! file.

use super::{error::AccessError, jwks::KeyFile, public_url::normalize_origin};
use serde::Deserialize;
use std::{collections::BTreeSet, path::PathBuf};

/// One `[[embedder]]` section.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbedderSection {
    /// The exact `iss` of its assertions.
    issuer: String,
    /// A JWK set with its public keys.
    pub(super) jwks_file: PathBuf,
    /// The origins of its pages that may frame the portal.
    origins: BTreeSet<Origin>,
    /// The roles that its users may have.
    roles: BTreeSet<EmbeddedRole>,
    /// The only customers that it may name. Unrestricted if absent.
    customers: Option<BTreeSet<String>>,
}

/// The roles of embedded users. Operators sign in to the portal directly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmbeddedRole {
    Customer,
    AccountManager,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Origin(String);

impl TryFrom<String> for Origin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        normalize_origin(&text).map(Self)
    }
}

pub struct Embedder {
    pub issuer: String,
    pub keys: KeyFile,
    pub origins: BTreeSet<String>,
    pub roles: BTreeSet<EmbeddedRole>,
    pub customers: Option<BTreeSet<String>>,
}

const ISSUER_CHARS_MAX: usize = 255;

/// Validates all sections and reads their keys.
pub fn embedders(sections: Vec<EmbedderSection>) -> Result<Vec<Embedder>, AccessError> {
    let mut issuers = BTreeSet::new();
    let embedder = |section: EmbedderSection| {
        if section.issuer.is_empty() || section.issuer.chars().count() > ISSUER_CHARS_MAX {
            return Err(AccessError::EmbedderIssuer { chars_max: ISSUER_CHARS_MAX });
        }
        if !issuers.insert(section.issuer.clone()) {
            return Err(AccessError::DuplicateIssuer(section.issuer));
        }
        if section.roles.is_empty() {
            return Err(AccessError::EmbedderRoles(section.issuer));
        }
        Ok(Embedder {
            issuer: section.issuer,
            keys: KeyFile::open(&section.jwks_file)?,
            origins: section.origins.into_iter().map(|Origin(origin)| origin).collect(),
            roles: section.roles,
            customers: section.customers,
        })
    };
    sections.into_iter().map(embedder).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[derive(Deserialize)]
    struct File {
        embedder: Vec<EmbedderSection>,
    }

    fn read(folder: &Path, sections: &str) -> Result<Vec<Embedder>, String> {
        let mut file: File = toml::from_str(sections).map_err(|error| error.to_string())?;
        file.embedder.iter_mut().for_each(|section| section.jwks_file = folder.join(&section.jwks_file));
        embedders(file.embedder).map_err(|error| error.to_string())
    }

    fn section(issuer: &str, origin: &str, role: &str) -> String {
        format!("[[embedder]]\nissuer = \"{issuer}\"\njwks_file = \"k.json\"\norigins = [{origin}]\nroles = [{role}]\n")
    }

    #[test]
    fn reads_valid_sections_and_names_the_error_in_invalid_ones() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("k.json"), "{\"keys\":[]}").expect("written");
        let good = section("m", "\"https://Manage.example:443\"", "\"customer\"");
        let one = read(folder.path(), &good).expect("valid").remove(0);
        assert_eq!(one.origins, BTreeSet::from(["https://manage.example".to_owned()]));
        for (text, word) in [
            (section("m", "\"*\"", "\"customer\""), "without a path"),
            (section("m", "\"https://manage.example/x\"", "\"customer\""), "without a path"),
            (section("m", "\"http://manage.example\"", "\"customer\""), "http is for localhost"),
            (section("m", "\"null\"", "\"customer\""), "without a path"),
            (section("m", "", "\"operator\""), "operator"),
            (section("m", "", ""), "has no roles"),
            (section("", "", "\"customer\""), "issuer"),
            (format!("{good}{good}"), "two [[embedder]]"),
            (good.replace("roles", "rules"), "rules"),
            (good.replace("k.json", "gone.json"), "gone.json"),
        ] {
            let message = read(folder.path(), &text).err().expect("refused");
            assert!(message.contains(word), "{text}: {message}");
        }
    }
}
