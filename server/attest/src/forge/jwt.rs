//! Tokens from the exact text of their header and claims, which no library would write.

use super::keys;
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use rsa::RsaPrivateKey;

fn unsigned(header: &str, claims: &str) -> String {
    format!("{}.{}", keys::base64url(header), keys::base64url(claims))
}

pub fn rs256(header: &str, claims: &str, key: &RsaPrivateKey) -> String {
    let signed = unsigned(header, claims);
    let signature = keys::sign_rsa(key, signed.as_bytes());
    format!("{signed}.{}", keys::base64url(signature))
}

pub fn es256(header: &str, claims: &str, key: &SigningKey) -> String {
    let signed = unsigned(header, claims);
    let signature: Signature = key.sign(signed.as_bytes());
    format!("{signed}.{}", keys::base64url(signature.to_bytes()))
}

/// Without a signature.
pub fn none(header: &str, claims: &str) -> String {
    format!("{}.", unsigned(header, claims))
}
