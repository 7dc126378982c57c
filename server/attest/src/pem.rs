//! The certificates that are compiled in: PEM, and before each a line with its name and a digest that pins it.

use rustls_pki_types::{CertificateDer, pem::PemObject};
use sha2::{Digest, Sha256};

/// One certificate of a pinned list.
pub struct Pinned {
    pub name: &'static str,
    /// SHA-256 in hexadecimal. The list says what it is the digest of.
    digest: &'static str,
    pub certificate: CertificateDer<'static>,
}

impl Pinned {
    /// Refuses a certificate that is not the pinned one. `bytes` are what the list has the digest of.
    pub fn check(&self, bytes: &[u8]) -> Result<(), PinnedError> {
        let digest = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        if digest == self.digest { Ok(()) } else { Err(PinnedError(self.name.to_owned())) }
    }
}

/// A certificate that is trusted cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the certificate of `{0}` is not the pinned one or cannot be read. Build Muster from unchanged sources")]
pub struct PinnedError(pub String);

/// Reads a list. Lines that start with `#` are comments.
pub fn read(text: &'static str) -> Result<Vec<Pinned>, PinnedError> {
    const END: &str = "-----END CERTIFICATE-----";
    let blocks = text.split_inclusive(END).filter(|block| block.contains(END));
    let pinned = blocks.map(|block| {
        let mut lines = block.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let title = lines.next().filter(|title| !title.starts_with("-----")).unwrap_or_default();
        let (name, digest) = title.split_once(' ').ok_or_else(|| PinnedError(title.to_owned()))?;
        let certificate = CertificateDer::from_pem_slice(block.as_bytes()).map_err(|_| PinnedError(name.to_owned()))?;
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
        assert_eq!(pinned.check(&[1]).expect_err("another digest").0, "a");
    }

    #[test]
    fn refuses_lists_without_names_or_certificates() {
        assert!(read("").expect("an empty list").is_empty());
        for text in
            ["-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----", "a 00\nx\n-----END CERTIFICATE-----"]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
