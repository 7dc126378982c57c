//! Certificates, signed with EC or RSA keys.

use super::{der, keys};
use rsa::RsaPrivateKey;

/// A certificate before it is signed. Times are in the form `YYMMDDhhmmssZ`.
#[derive(Clone)]
pub struct Certificate {
    pub subject: &'static str,
    pub issuer: &'static str,
    pub serial: u8,
    pub not_before: &'static str,
    pub not_after: &'static str,
    /// DNS names.
    pub names: Vec<&'static str>,
    pub is_authority: bool,
    /// Where the issuer's certificate can be downloaded.
    pub issuer_url: Option<&'static str>,
    /// SubjectPublicKeyInfo.
    pub key: Vec<u8>,
}

impl Certificate {
    pub fn new(subject: &'static str, issuer: &'static str, key: Vec<u8>) -> Self {
        Self {
            subject,
            issuer,
            serial: 7,
            not_before: "260101000000Z",
            not_after: "280101000000Z",
            names: Vec::new(),
            is_authority: false,
            issuer_url: None,
            key,
        }
    }

    pub fn authority(self) -> Self {
        Self { is_authority: true, ..self }
    }

    pub fn signed_by_ec(&self, seed: u8) -> Vec<u8> {
        let algorithm = der::sequence(&[&der::oid("1.2.840.10045.4.3.2")]);
        self.signed(&algorithm, |tbs| keys::sign_ec(&keys::ec_key(seed), tbs))
    }

    pub fn signed_by_rsa(&self, key: &RsaPrivateKey) -> Vec<u8> {
        self.signed(&der::algorithm("1.2.840.113549.1.1.11"), |tbs| keys::sign_rsa(key, tbs))
    }

    fn signed(&self, algorithm: &[u8], sign: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
        let time = |text: &str| der::value(0x17, text.as_bytes());
        let tbs = der::sequence(&[
            &der::value(0xa0, &der::integer(&[2])),
            &der::integer(&[self.serial]),
            algorithm,
            &name(self.issuer),
            &der::sequence(&[&time(self.not_before), &time(self.not_after)]),
            &name(self.subject),
            &self.key,
            &der::value(0xa3, &der::sequence(&[&self.extensions()])),
        ]);
        let signature = der::value(0x03, &[&[0], sign(&tbs).as_slice()].concat());
        der::sequence(&[&tbs, algorithm, &signature])
    }

    fn extensions(&self) -> Vec<u8> {
        let extension = |id: &str, value: &[u8]| der::sequence(&[&der::oid(id), &der::value(0x04, value)]);
        let mut extensions = Vec::new();
        if self.is_authority {
            extensions.extend(extension("2.5.29.19", &der::sequence(&[&[1, 1, 0xff]])));
        } else {
            let server_auth = der::sequence(&[&der::oid("1.3.6.1.5.5.7.3.1")]);
            extensions.extend(extension("2.5.29.37", &server_auth));
        }
        if let Some(url) = self.issuer_url {
            let location = der::sequence(&[&der::oid("1.3.6.1.5.5.7.48.2"), &der::value(0x86, url.as_bytes())]);
            extensions.extend(extension("1.3.6.1.5.5.7.1.1", &der::sequence(&[&location])));
        }
        if !self.names.is_empty() {
            let names: Vec<u8> = self.names.iter().flat_map(|name| der::value(0x82, name.as_bytes())).collect();
            extensions.extend(extension("2.5.29.17", &der::value(0x30, &names)));
        }
        extensions
    }
}

/// A distinguished name with a common name only.
pub fn name(common_name: &str) -> Vec<u8> {
    let attribute = der::sequence(&[&der::oid("2.5.4.3"), &der::value(0x0c, common_name.as_bytes())]);
    der::sequence(&[&der::set(&[&attribute])])
}
