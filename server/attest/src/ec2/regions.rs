//! The keys that sign documents, one for each Region. Data: regions.pem beside this file, and its README.md.

use crate::{
    pem::{self, PinnedError},
    pkcs7::SIGNATURE,
    refusal::Refusal,
};
use rustls_pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use std::collections::BTreeMap;
use webpki::{EndEntityCert, RawPublicKeyEntity};

/// Longer than every name of a Region.
const REGION_CHARS_MAX: usize = 32;

/// The pinned keys. The certificates are signed by themselves and valid for 180 years, so only their keys matter: no chain is
/// built, and no validity checked.
pub struct RegionKeys(BTreeMap<String, RegionKey>);

/// The key of one Region.
pub(super) struct RegionKey(SubjectPublicKeyInfoDer<'static>);

impl RegionKeys {
    /// The certificates that AWS publishes.
    ///
    /// # Errors
    ///
    /// If regions.pem is damaged, which a test excludes.
    pub fn built_in() -> Result<Self, PinnedError> {
        Self::from_list(include_str!("regions.pem"))
    }

    /// The certificates of a list in the form of regions.pem: before each in PEM a line with its Region and the SHA-256 of its
    /// public key.
    ///
    /// # Errors
    ///
    /// The error names the Region whose entry is wrong.
    pub fn from_list(list: &str) -> Result<Self, PinnedError> {
        let pinned = pem::read(list)?;
        let keys = pinned.iter().map(|pinned| {
            if !is_region(pinned.name) {
                return Err(PinnedError::Region(pinned.name.to_owned()));
            }
            let key = key(pinned.name, &pinned.certificate)?;
            pinned.check(&key.0).map(|()| (pinned.name.to_owned(), key))
        });
        keys.collect::<Result<_, _>>().map(Self)
    }

    /// Other certificates, by Region.
    ///
    /// # Errors
    ///
    /// If one is not an X.509 certificate of version 3.
    pub fn new<'a>(
        certificates: impl IntoIterator<Item = (&'a str, &'a CertificateDer<'a>)>,
    ) -> Result<Self, PinnedError> {
        let keys = certificates.into_iter().map(|(region, it)| Ok((region.to_owned(), key(region, it)?)));
        keys.collect::<Result<_, _>>().map(Self)
    }

    /// The key of exactly this Region. There is no default: a key of another Region would sign for it.
    pub(super) fn find(&self, region: String) -> Result<&RegionKey, Refusal> {
        self.0
            .get(&region)
            .ok_or(Refusal::Invalid("no certificate is pinned for its Region; a newer Muster may have it"))
    }
}

impl RegionKey {
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        RawPublicKeyEntity::try_from(&self.0)
            .is_ok_and(|key| key.verify_signature(SIGNATURE, message, signature).is_ok())
    }
}

fn key(region: &str, certificate: &CertificateDer<'_>) -> Result<RegionKey, PinnedError> {
    let certificate = EndEntityCert::try_from(certificate).map_err(|_| PinnedError::Certificate(region.to_owned()))?;
    Ok(RegionKey(certificate.subject_public_key_info()))
}

/// Whether the text has the form of a Region, such as `us-gov-west-1`: words of lower-case letters, then a number.
pub(super) fn is_region(text: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let parts: Vec<&str> = text.split('-').collect();
    match parts.as_slice() {
        [words @ .., number] => {
            text.len() <= REGION_CHARS_MAX
                && words.len() >= 2
                && words.iter().all(|word| is_word(word))
                && crate::text::is_digits(number, 1..=2)
        }
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The encoded length of an RSA key of 2048 bits with the exponent 65537.
    const RSA_2048_BYTES: usize = 294;

    #[test]
    fn every_certificate_is_of_a_region_and_has_the_pinned_key() {
        let keys = RegionKeys::built_in().expect("all are the pinned ones");
        assert_eq!(keys.0.len(), 39);
        for (region, key) in &keys.0 {
            assert!(is_region(region), "{region}");
            assert_eq!(key.0.len(), RSA_2048_BYTES, "{region}");
        }
    }

    #[test]
    fn no_two_regions_share_a_key() {
        let keys = RegionKeys::built_in().expect("readable");
        let distinct: std::collections::BTreeSet<&[u8]> = keys.0.values().map(|key| key.0.as_ref()).collect();
        assert_eq!(distinct.len(), keys.0.len());
    }

    #[test]
    fn accepts_only_the_form_of_regions() {
        for region in ["us-east-1", "us-gov-west-1", "eusc-de-east-1", "ap-southeast-10"] {
            assert!(is_region(region), "{region}");
        }
        for text in
            ["", "us", "us-1", "us-east", "us-east-1a", "US-EAST-1", "../us-east-1", "us--1", "us-east-1\n", "-a-1"]
        {
            assert!(!is_region(text), "{text}");
        }
        assert!(!is_region(&format!("us-{}-1", "a".repeat(REGION_CHARS_MAX))));
    }
}
