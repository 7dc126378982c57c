//! Chains from a signer's certificate to a pinned root. Data: roots.pem beside this file, and its README.md.

use crate::{
    pem::{self, PinnedError},
    refusal::Refusal,
};
use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use std::time::Duration;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert, ring};

/// The signatures that authorities make. Nothing older than SHA-256.
static ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    ring::RSA_PKCS1_2048_8192_SHA256,
    ring::RSA_PKCS1_2048_8192_SHA384,
    ring::RSA_PKCS1_2048_8192_SHA512,
    ring::ECDSA_P256_SHA256,
    ring::ECDSA_P256_SHA384,
    ring::ECDSA_P384_SHA256,
    ring::ECDSA_P384_SHA384,
];

/// The roots that a chain may lead to.
pub struct Roots(Vec<TrustAnchor<'static>>);

impl Roots {
    /// The roots of Azure's public and sovereign clouds.
    ///
    /// # Errors
    ///
    /// If roots.pem is damaged, which a test excludes.
    pub fn built_in() -> Result<Self, PinnedError> {
        Self::from_list(include_str!("roots.pem"))
    }

    /// The roots of a list in the form of roots.pem: before each in PEM a line with its name and the SHA-256 of the certificate.
    ///
    /// # Errors
    ///
    /// The error names the root whose entry is wrong.
    pub fn from_list(list: &str) -> Result<Self, PinnedError> {
        let pinned = pem::read(list)?;
        pinned.iter().try_for_each(|pinned| pinned.check(&pinned.certificate))?;
        Self::new(pinned.iter().map(|pinned| (pinned.name, &pinned.certificate)))
    }

    /// Other roots, by name.
    ///
    /// # Errors
    ///
    /// If one is not an X.509 certificate of version 3.
    pub fn new<'a>(
        certificates: impl IntoIterator<Item = (&'a str, &'a CertificateDer<'a>)>,
    ) -> Result<Self, PinnedError> {
        let anchors = certificates.into_iter().map(|(name, certificate)| {
            let anchor =
                anchor_from_trusted_cert(certificate).map_err(|_| PinnedError::Certificate(name.to_owned()))?;
            Ok(anchor.to_owned())
        });
        anchors.collect::<Result<_, _>>().map(Self)
    }

    /// Checks validity, constraints and signatures from the certificate to a root. Intermediates may be superfluous or
    /// unreadable: only those that lead to a root are used, and the number of signatures that are verified is limited.
    pub(super) fn verify(
        &self,
        signer: &EndEntityCert<'_>,
        intermediates: &[CertificateDer<'_>],
        now: Timestamp,
    ) -> Result<(), Refusal> {
        // No certificate is valid before 1970.
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        signer
            .verify_for_usage(ALGORITHMS, &self.0, intermediates, time, KeyUsage::server_auth(), None, None)
            .map(drop)
            .map_err(|error| match error {
                webpki::Error::CertExpired { .. } | webpki::Error::CertNotValidYet { .. } => {
                    Refusal::Invalid("the signer's certificate, or one of its chain, is expired or not yet valid")
                }
                webpki::Error::UnknownIssuer => Refusal::Invalid(
                    "the signer's certificate does not lead to a pinned root; send its intermediates with the evidence",
                ),
                _ => Refusal::Invalid("the chain of the signer's certificate is not valid"),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_root_is_the_pinned_one() {
        assert_eq!(Roots::built_in().expect("all are the pinned ones").0.len(), 4);
    }
}
