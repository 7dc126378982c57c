//! A page of somebody else's that may frame the portal and vouch for its own people: an `[[embedder]]` section of the
//! access file, and what becomes of it.

use super::{changing::ChangingError, jwks::KeySet, public_url::origin};
use serde::Deserialize;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// As it is written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbedderSection {
    /// Exactly what its assertions have as `iss`.
    issuer: String,
    /// Its public keys, a JWK set.
    jwks_file: PathBuf,
    /// The origins of its pages that frame the portal.
    origins: BTreeSet<Origin>,
    /// What its people may be here.
    roles: BTreeSet<EmbeddedRole>,
    /// The only customers that it may name; all, if this is left out.
    customers: Option<BTreeSet<String>>,
}

/// Never an operator: what everybody's data lies behind is signed in to directly.
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
        origin(&text).map(Self)
    }
}

impl EmbedderSection {
    /// Files that it names are beside the access file unless they say otherwise.
    pub fn beside(mut self, folder: &Path) -> Self {
        self.jwks_file = folder.join(self.jwks_file);
        self
    }
}

pub struct Embedder {
    pub issuer: String,
    pub keys: KeySet,
    pub origins: BTreeSet<String>,
    pub roles: BTreeSet<EmbeddedRole>,
    pub customers: Option<BTreeSet<String>>,
}

#[derive(Debug, thiserror::Error)]
pub enum EmbedderError {
    #[error("an [[embedder]] needs an issuer of 1 to {ISSUER_CHARS_MAX} characters")]
    Issuer,
    #[error("two [[embedder]] sections have the issuer `{0}`: an issuer has one set of keys and origins")]
    Twice(String),
    #[error("the [[embedder]] `{0}` names no role that its people may have: `customer`, `account_manager`")]
    NoRole(String),
    #[error(transparent)]
    Keys(#[from] ChangingError),
}

const ISSUER_CHARS_MAX: usize = 255;

/// Every embedder of the access file, each issuer once.
pub fn embedders(sections: Vec<EmbedderSection>) -> Result<Vec<Embedder>, EmbedderError> {
    let mut issuers = BTreeSet::new();
    let embedder = |section: EmbedderSection| {
        if section.issuer.is_empty() || section.issuer.chars().count() > ISSUER_CHARS_MAX {
            return Err(EmbedderError::Issuer);
        }
        if !issuers.insert(section.issuer.clone()) {
            return Err(EmbedderError::Twice(section.issuer));
        }
        if section.roles.is_empty() {
            return Err(EmbedderError::NoRole(section.issuer));
        }
        Ok(Embedder {
            issuer: section.issuer,
            keys: KeySet::of_file(&section.jwks_file)?,
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

    #[derive(Deserialize)]
    struct File {
        embedder: Vec<EmbedderSection>,
    }

    fn read(folder: &Path, sections: &str) -> Result<Vec<Embedder>, String> {
        let file: File = toml::from_str(sections).map_err(|error| error.to_string())?;
        let sections = file.embedder.into_iter().map(|section| section.beside(folder)).collect();
        embedders(sections).map_err(|error| error.to_string())
    }

    fn section(issuer: &str, origin: &str, role: &str) -> String {
        format!("[[embedder]]\nissuer = \"{issuer}\"\njwks_file = \"k.json\"\norigins = [{origin}]\nroles = [{role}]\n")
    }

    #[test]
    fn a_section_is_read_and_what_is_unsafe_in_it_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("k.json"), "{\"keys\":[]}").expect("written");
        let good = section("m", "\"https://Manage.example:443\"", "\"customer\"");
        let one = read(folder.path(), &good).expect("right").remove(0);
        assert_eq!(one.origins, BTreeSet::from(["https://manage.example".to_owned()]));
        for (text, word) in [
            (section("m", "\"*\"", "\"customer\""), "without a path"),
            (section("m", "\"https://manage.example/x\"", "\"customer\""), "without a path"),
            (section("m", "\"http://manage.example\"", "\"customer\""), "http is for localhost"),
            (section("m", "\"null\"", "\"customer\""), "without a path"),
            (section("m", "", "\"operator\""), "operator"),
            (section("m", "", ""), "names no role"),
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
