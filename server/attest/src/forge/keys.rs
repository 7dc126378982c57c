//! Keys, and those of the tests. RSA keys take a second each to generate, so there are two for the whole run.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use rsa::{Pkcs1v15Sign, RsaPrivateKey, pkcs8::EncodePublicKey, rand_core::OsRng, traits::PublicKeyParts};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// The key of the provider.
pub static GENUINE: LazyLock<RsaPrivateKey> = LazyLock::new(new_rsa_key);
/// The key of somebody else.
pub static FOREIGN: LazyLock<RsaPrivateKey> = LazyLock::new(new_rsa_key);

/// The start of an encoded SHA-256 digest in an RSA signature (RFC 8017, 9.2).
const SHA256_PREFIX: [u8; 19] = [0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20];

/// A new key.
pub fn new_rsa_key() -> RsaPrivateKey {
    RsaPrivateKey::new(&mut OsRng, 2048).expect("a key")
}

/// RSA PKCS#1 v1.5 with SHA-256.
pub fn sign_rsa(key: &RsaPrivateKey, message: &[u8]) -> Vec<u8> {
    let padding = Pkcs1v15Sign { hash_len: Some(32), prefix: SHA256_PREFIX.into() };
    key.sign(padding, &Sha256::digest(message)).expect("signed")
}

pub fn rsa_public_key(key: &RsaPrivateKey) -> Vec<u8> {
    key.to_public_key().to_public_key_der().expect("encoded").into_vec()
}

/// An EC key that is the same in every run.
pub fn ec_key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).expect("a key")
}

pub fn ec_public_key(key: &SigningKey) -> Vec<u8> {
    key.verifying_key().to_public_key_der().expect("encoded").into_vec()
}

/// ECDSA in DER, as certificates have it.
pub fn sign_ec(key: &SigningKey, message: &[u8]) -> Vec<u8> {
    let signature: Signature = key.sign(message);
    signature.to_der().as_bytes().to_vec()
}

pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn rsa_jwk(id: &str, key: &RsaPrivateKey) -> String {
    let [n, e] = [key.n(), key.e()].map(|number| base64url(number.to_bytes_be()));
    format!(r#"{{"kty":"RSA","kid":"{id}","use":"sig","alg":"RS256","n":"{n}","e":"{e}"}}"#)
}

pub fn ec_jwk(id: &str, key: &SigningKey) -> String {
    let point = key.verifying_key().to_encoded_point(false);
    let [x, y] = [point.x(), point.y()].map(|half| base64url(half.expect("a point")));
    format!(r#"{{"kty":"EC","crv":"P-256","kid":"{id}","x":"{x}","y":"{y}"}}"#)
}
