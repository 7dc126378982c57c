//! Lists of certificates that are trusted: PEM, and before each a line with its name and a digest that pins it.

use rustls_pki_types::{CertificateDer, pem::PemObject};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// One certificate of a pinned list.
pub struct Pinned<'a> {
    pub name: &'a str,
    /// SHA-256 in hexadecimal. The list says what it is the digest of.
    digest: &'a str,
    pub certificate: CertificateDer<'static>,
}

impl Pinned<'_> {
    /// Refuses a certificate that is not the pinned one. `bytes` are what the list has the digest of.
    pub fn check(&self, bytes: &[u8]) -> Result<(), PinnedError> {
        let digest = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        if digest == self.digest { Ok(()) } else { Err(PinnedError::Certificate(self.name.to_owned())) }
    }
}

/// A list of certificates that are trusted cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinnedError {
    /// By the name of the entry, or the line where a name is missing.
    #[error("the certificate of `{0}` has not the digest that stands before it, or cannot be read")]
    Certificate(String),
    #[error("`{0}` is not the name of a Region")]
    Region(String),
    #[error("`{0}` is listed twice")]
    Twice(String),
    #[error("it has no certificates")]
    Empty,
    #[error("what follows the certificate of `{0}` is not a whole entry")]
    Partial(String),
}

const END: &str = "-----END CERTIFICATE-----";

/// Reads a list. Lines that start with `#` are comments.
pub fn read(text: &str) -> Result<Vec<Pinned<'_>>, PinnedError> {
    let pinned = entries(text)?;
    let mut names = BTreeSet::new();
    if let Some(twice) = pinned.iter().find(|entry| !names.insert(entry.name)) {
        return Err(PinnedError::Twice(twice.name.to_owned()));
    }
    let rest = text.rsplit(END).next().unwrap_or_default();
    match pinned.last() {
        None => Err(PinnedError::Empty),
        Some(last) if rest.lines().any(|line| !line.starts_with('#') && !line.trim().is_empty()) => {
            Err(PinnedError::Partial(last.name.to_owned()))
        }
        Some(_) => Ok(pinned),
    }
}

fn entries(text: &str) -> Result<Vec<Pinned<'_>>, PinnedError> {
    let blocks = text.split_inclusive(END).filter(|block| block.contains(END));
    let pinned = blocks.map(|block| {
        let mut lines = block.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let title = lines.next().filter(|title| !title.starts_with("-----")).unwrap_or_default();
        let (name, digest) = title.split_once(' ').ok_or_else(|| PinnedError::Certificate(title.to_owned()))?;
        let certificate =
            CertificateDer::from_pem_slice(block.as_bytes()).map_err(|_| PinnedError::Certificate(name.to_owned()))?;
        Ok(Pinned { name, digest, certificate })
    });
    pinned.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_certificate_with_another_digest() {
        let pinned = Pinned { name: "a", digest: "00", certificate: CertificateDer::from(vec![1]) };
        assert_eq!(pinned.check(&[1]).expect_err("another digest"), PinnedError::Certificate("a".to_owned()));
    }

    #[test]
    fn refuses_lists_without_names_or_certificates() {
        assert_eq!(read("# nothing\n").err(), Some(PinnedError::Empty));
        let list = include_str!("azure/roots.pem");
        assert!(
            matches!(read(&format!("{list}{list}")).err(), Some(PinnedError::Twice(name)) if name.contains("DigiCert"))
        );
        let cut = list.trim_end().strip_suffix(END).expect("the end");
        assert!(matches!(read(cut).err(), Some(PinnedError::Partial(_))));
        for text in
            ["-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----", "a 00\nx\n-----END CERTIFICATE-----"]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
