//! Signed messages of PKCS#7, right and wrong in many ways.

use super::{certificate, der, keys};
use rsa::RsaPrivateKey;
use sha2::{Digest, Sha256};

pub const SHA256: &str = "2.16.840.1.101.3.4.2.1";
pub const SHA1: &str = "1.3.14.3.2.26";
pub const RSA: &str = "1.2.840.113549.1.1.1";
pub const SHA256_WITH_RSA: &str = "1.2.840.113549.1.1.11";
pub const DSA_WITH_SHA1: &str = "1.2.840.10040.4.3";
pub const DATA: &str = "1.2.840.113549.1.7.1";
pub const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";

/// A message before it is encoded.
#[derive(Clone)]
pub struct Message<'a> {
    pub content: Vec<u8>,
    /// What is signed, if it is not the content.
    pub signed_content: Option<Vec<u8>>,
    pub is_detached: bool,
    pub content_type: &'static str,
    pub signed_content_type: &'static str,
    pub has_attributes: bool,
    /// More attributes, which are signed too.
    pub extra_attributes: usize,
    /// The attributes without their length.
    pub has_indefinite_attributes: bool,
    /// The attribute `messageDigest` once more, with other bytes.
    pub has_digest_twice: bool,
    pub digest_algorithm: &'static str,
    pub signature_algorithm: &'static str,
    pub certificates: Vec<Vec<u8>>,
    pub signer_name: &'static str,
    pub signer_serial: u8,
    pub signers: usize,
    /// Attributes that the signature does not cover.
    pub unsigned_attributes: Option<Vec<u8>>,
    /// The form of EC2's messages: values without lengths, and content in segments.
    pub is_ber: bool,
    pub key: &'a RsaPrivateKey,
}

impl Message<'static> {
    /// As EC2 signs documents, with the tests' key.
    pub fn ec2(content: &str) -> Self {
        Self::ec2_by(&keys::GENUINE, content)
    }

    /// As Azure signs documents, with the tests' key.
    pub fn azure(content: &str, certificates: Vec<Vec<u8>>) -> Self {
        Self::azure_by(&keys::GENUINE, content, certificates)
    }
}

impl<'a> Message<'a> {
    /// As EC2 signs documents.
    pub fn ec2_by(key: &'a RsaPrivateKey, content: &str) -> Self {
        Self {
            content: content.into(),
            signed_content: None,
            is_detached: false,
            content_type: DATA,
            signed_content_type: DATA,
            has_attributes: true,
            extra_attributes: 0,
            has_indefinite_attributes: false,
            has_digest_twice: false,
            digest_algorithm: SHA256,
            signature_algorithm: SHA256_WITH_RSA,
            certificates: Vec::new(),
            signer_name: "Amazon",
            signer_serial: 7,
            signers: 1,
            unsigned_attributes: None,
            is_ber: true,
            key,
        }
    }

    /// As Azure signs documents: with certificates, and without attributes.
    pub fn azure_by(key: &'a RsaPrivateKey, content: &str, certificates: Vec<Vec<u8>>) -> Self {
        Self {
            has_attributes: false,
            digest_algorithm: SHA256_WITH_RSA,
            signature_algorithm: RSA,
            certificates,
            signer_name: "Intermediate",
            is_ber: false,
            ..Self::ec2_by(key, content)
        }
    }

    pub fn encode(&self) -> Vec<u8> {
        let wrap = |tag, content: &[u8]| match self.is_ber {
            true => der::indefinite(tag, content),
            false => der::value(tag, content),
        };
        let mut content = der::oid(self.content_type);
        if !self.is_detached {
            let octets = match self.is_ber {
                true => {
                    let (left, right) = self.content.split_at(self.content.len() / 2);
                    der::indefinite(0x24, &[der::value(0x04, left), der::value(0x04, right)].concat())
                }
                false => der::value(0x04, &self.content),
            };
            content.extend(wrap(0xa0, &octets));
        }
        let mut signed = [der::integer(&[1]), der::set(&[&der::algorithm(self.digest_algorithm)])].concat();
        signed.extend(wrap(0x30, &content));
        if !self.certificates.is_empty() {
            signed.extend(der::value(0xa0, &self.certificates.concat()));
        }
        signed.extend(der::value(0x31, &self.signer().repeat(self.signers)));
        wrap(0x30, &[der::oid(SIGNED_DATA), wrap(0xa0, &wrap(0x30, &signed))].concat())
    }

    fn signer(&self) -> Vec<u8> {
        let signed_content = self.signed_content.as_ref().unwrap_or(&self.content);
        let id = der::sequence(&[&certificate::name(self.signer_name), &der::integer(&[self.signer_serial])]);
        let mut signer = [der::integer(&[1]), id, der::algorithm(self.digest_algorithm)].concat();
        let signature = if self.has_attributes {
            let attributes = self.attributes(&Sha256::digest(signed_content));
            signer.extend(match self.has_indefinite_attributes {
                true => der::indefinite(0xa0, &attributes),
                false => der::value(0xa0, &attributes),
            });
            keys::sign_rsa(self.key, &der::value(0x31, &attributes))
        } else {
            keys::sign_rsa(self.key, signed_content)
        };
        signer.extend(der::algorithm(self.signature_algorithm));
        signer.extend(der::value(0x04, &signature));
        if let Some(unsigned) = &self.unsigned_attributes {
            signer.extend(der::value(0xa1, unsigned));
        }
        der::value(0x30, &signer)
    }

    fn attributes(&self, digest: &[u8]) -> Vec<u8> {
        let attribute = |id, value: &[u8]| der::sequence(&[&der::oid(id), &der::set(&[value])]);
        let mut attributes = attribute(CONTENT_TYPE, &der::oid(self.signed_content_type));
        attributes.extend(attribute(MESSAGE_DIGEST, &der::value(0x04, digest)));
        attributes.extend(attribute("1.2.3", &[5, 0]).repeat(self.extra_attributes));
        if self.has_digest_twice {
            attributes.extend(attribute(MESSAGE_DIGEST, &der::value(0x04, &[0; 32])));
        }
        attributes
    }
}
