//! Signed messages of PKCS#7 (CMS, RFC 5652), reduced to what EC2 and Azure send: content of the type `data`, exactly one
//! signer, RSA PKCS#1 v1.5 with SHA-256.
//!
//! Reading trusts nothing. [`SignedData::verify`] then decides with a key that the caller chose: a certificate in the message
//! is never a reason to trust the message. Unsigned attributes and revocation lists are skipped, and nothing in them is used.
//! Why this is our own code: decision 0061.

use crate::{
    ber::{self, Element, Reader, Unreadable},
    refusal::Refusal,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use rustls_pki_types::SignatureVerificationAlgorithm;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// The most certificates in one message: the signer's, and those between it and a root.
pub const CERTIFICATES_MAX: usize = 5;
/// The most signed attributes. EC2 sends four.
const ATTRIBUTES_MAX: usize = 16;

/// The one algorithm of signatures. Its implementation refuses RSA keys of fewer than 2048 bits.
pub static SIGNATURE: &dyn SignatureVerificationAlgorithm = webpki::ring::RSA_PKCS1_2048_8192_SHA256;

// Object identifiers, without tag and length.
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4];
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const SHA256_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];

/// A message whose signature was not checked yet.
pub struct SignedData<'a> {
    /// What the signature covers, directly or by its digest.
    pub content: Cow<'a, [u8]>,
    /// The certificates that came with the message, in DER.
    pub certificates: Vec<&'a [u8]>,
    pub signer: Signer<'a>,
}

/// The one signer.
pub struct Signer<'a> {
    /// Which certificate the signer says is its own: the issuer's name and the serial number, both without tag and length.
    pub issuer: &'a [u8],
    pub serial: &'a [u8],
    digest_algorithm: &'a [u8],
    attributes: Option<Element<'a>>,
    signature_algorithm: &'a [u8],
    signature: &'a [u8],
}

/// What a provider's messages look like.
pub struct Rules {
    /// Whether the signature must cover attributes instead of the content. If it may do either, both are checked.
    pub requires_attributes: bool,
    /// Whether the digest may be named by the signature's algorithm, as Azure does.
    pub accepts_signature_as_digest: bool,
}

/// Decodes base64 of the usual alphabet, with line breaks.
pub fn decode(base64: &str) -> Result<Vec<u8>, Refusal> {
    let joined: Vec<u8> = base64.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(joined).map_err(|_| Refusal::Malformed("it is not in base64"))
}

impl From<Unreadable> for Refusal {
    fn from(error: Unreadable) -> Self {
        Self::Malformed(error.0)
    }
}

impl<'a> SignedData<'a> {
    /// Reads a complete message.
    pub fn read(encoded: &'a [u8]) -> Result<Self, Refusal> {
        let mut outer = Reader::new(encoded);
        let mut content_info = outer.expect(ber::SEQUENCE)?.reader();
        outer.end()?;
        if content_info.expect(ber::OBJECT_IDENTIFIER)?.content != SIGNED_DATA {
            return Err(Refusal::Malformed("it is not signed PKCS#7"));
        }
        let mut explicit = content_info.expect(ber::CONTEXT_0)?.reader();
        content_info.end()?;
        let mut signed = explicit.expect(ber::SEQUENCE)?.reader();
        explicit.end()?;
        expect_version_1(&mut signed)?;
        signed.expect(ber::SET)?;
        let content = content(signed.expect(ber::SEQUENCE)?)?;
        let certificates = match signed.optional(ber::CONTEXT_0)? {
            Some(list) => certificates(list)?,
            None => Vec::new(),
        };
        signed.optional(ber::CONTEXT_1)?;
        let mut signers = signed.expect(ber::SET)?.reader();
        signed.end()?;
        if signers.is_empty() {
            return Err(Refusal::Invalid("the message has no signer"));
        }
        let signer = signers.expect(ber::SEQUENCE)?;
        if !signers.is_empty() {
            return Err(Refusal::Invalid("the message has more than one signer"));
        }
        Ok(Self { content, certificates, signer: Signer::read(signer)? })
    }

    /// Checks that the signature covers the content. `is_signed(message, signature)` verifies it with the chosen key and
    /// [`SIGNATURE`].
    pub fn verify(&self, rules: &Rules, is_signed: impl FnOnce(&[u8], &[u8]) -> bool) -> Result<(), Refusal> {
        let signer = &self.signer;
        let is_digest = signer.digest_algorithm == SHA256
            || rules.accepts_signature_as_digest && signer.digest_algorithm == SHA256_WITH_RSA;
        if !is_digest {
            return Err(Refusal::Invalid("the digest of the message is not SHA-256"));
        }
        if signer.signature_algorithm != RSA && signer.signature_algorithm != SHA256_WITH_RSA {
            return Err(Refusal::Invalid("the signature of the message is not RSA with SHA-256"));
        }
        let message = match signer.attributes {
            Some(attributes) => Cow::Owned(self.signed_attributes(attributes)?),
            None if rules.requires_attributes => {
                return Err(Refusal::Invalid("the message has no signed attributes"));
            }
            None => Cow::Borrowed(self.content.as_ref()),
        };
        match is_signed(&message, signer.signature) {
            true => Ok(()),
            false => Err(Refusal::Invalid("the signature does not match the provider's key")),
        }
    }

    /// The attributes as they are signed, after checking that they are about this content.
    fn signed_attributes(&self, attributes: Element<'a>) -> Result<Vec<u8>, Refusal> {
        if attribute(attributes, CONTENT_TYPE)?.map(|it| (it.tag, it.content)) != Some((ber::OBJECT_IDENTIFIER, DATA)) {
            return Err(Refusal::Invalid("the signed content type is not data"));
        }
        let digest = Sha256::digest(&self.content);
        let signed = attribute(attributes, MESSAGE_DIGEST)?.filter(|it| it.tag == ber::OCTET_STRING);
        if signed.map(|it| it.content) != Some(&digest[..]) {
            return Err(Refusal::Invalid("the signed digest is not the content's"));
        }
        // The signature covers DER, which has lengths, and the tag SET instead of [0].
        if !attributes.is_definite {
            return Err(Refusal::Malformed("the signed attributes of PKCS#7 are not in DER"));
        }
        let mut signed = attributes.encoded.to_vec();
        if let Some(tag) = signed.first_mut() {
            *tag = ber::SET;
        }
        Ok(signed)
    }
}

impl<'a> Signer<'a> {
    fn read(element: Element<'a>) -> Result<Self, Refusal> {
        let mut fields = element.reader();
        expect_version_1(&mut fields)?;
        let mut id = fields.expect(ber::SEQUENCE)?.reader();
        let issuer = id.expect(ber::SEQUENCE)?.content;
        let serial = id.expect(ber::INTEGER)?.content;
        id.end()?;
        let digest_algorithm = algorithm(&mut fields)?;
        let attributes = fields.optional(ber::CONTEXT_0)?;
        let signature_algorithm = algorithm(&mut fields)?;
        let signature = fields.expect(ber::OCTET_STRING)?.content;
        fields.optional(ber::CONTEXT_1)?;
        fields.end()?;
        Ok(Self { issuer, serial, digest_algorithm, attributes, signature_algorithm, signature })
    }
}

/// Version 1 is that of messages with `data` and a signer that is named by issuer and serial number.
fn expect_version_1(fields: &mut Reader<'_>) -> Result<(), Refusal> {
    match fields.expect(ber::INTEGER)?.content {
        [1] => Ok(()),
        _ => Err(Refusal::Malformed("it is not version 1 of signed PKCS#7")),
    }
}

fn content(element: Element<'_>) -> Result<Cow<'_, [u8]>, Refusal> {
    let mut fields = element.reader();
    if fields.expect(ber::OBJECT_IDENTIFIER)?.content != DATA {
        return Err(Refusal::Invalid("the content type of the message is not data"));
    }
    let Some(explicit) = fields.optional(ber::CONTEXT_0)? else {
        return Err(Refusal::Invalid("the message has no content"));
    };
    fields.end()?;
    let mut explicit = explicit.reader();
    let octets = explicit.any()?.octets()?;
    explicit.end()?;
    Ok(octets)
}

fn certificates(list: Element<'_>) -> Result<Vec<&[u8]>, Refusal> {
    let mut certificates = Vec::new();
    let mut list = list.reader();
    while !list.is_empty() {
        if certificates.len() == CERTIFICATES_MAX {
            return Err(Refusal::Invalid("the message has too many certificates"));
        }
        certificates.push(list.expect(ber::SEQUENCE)?.encoded);
    }
    Ok(certificates)
}

/// The object identifier of an algorithm without parameters.
fn algorithm<'a>(fields: &mut Reader<'a>) -> Result<&'a [u8], Refusal> {
    let mut algorithm = fields.expect(ber::SEQUENCE)?.reader();
    let identifier = algorithm.expect(ber::OBJECT_IDENTIFIER)?.content;
    algorithm.optional(ber::NULL)?;
    algorithm.end()?;
    Ok(identifier)
}

/// The one value of an attribute. `None` if the attribute is missing.
fn attribute<'a>(attributes: Element<'a>, wanted: &[u8]) -> Result<Option<Element<'a>>, Refusal> {
    let (mut found, mut count) = (None, 0);
    let mut attributes = attributes.reader();
    while !attributes.is_empty() {
        count += 1;
        if count > ATTRIBUTES_MAX {
            return Err(Refusal::Malformed("PKCS#7 has too many signed attributes"));
        }
        let mut attribute = attributes.expect(ber::SEQUENCE)?.reader();
        let identifier = attribute.expect(ber::OBJECT_IDENTIFIER)?.content;
        let mut values = attribute.expect(ber::SET)?.reader();
        attribute.end()?;
        if identifier == wanted {
            let value = values.any()?;
            values.end()?;
            if found.replace(value).is_some() {
                return Err(Refusal::Malformed("PKCS#7 has a signed attribute twice"));
            }
        }
    }
    Ok(found)
}
