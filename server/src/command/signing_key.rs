//! New keys for ES256, and their public halves as a JWK set.

use anyhow::Context;
use jsonwebtoken::{Algorithm, EncodingKey, jwk::Jwk};
use p256::{
    SecretKey,
    pkcs8::{EncodePrivateKey, SecretDocument},
};
use serde_json::{Value, json};

/// Returns a new private key as PKCS#8.
pub fn generate() -> anyhow::Result<SecretDocument> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("the operating system returned no random bytes")?;
    // All but one in 2³² of such numbers are valid keys.
    let secret = SecretKey::from_slice(&bytes).context("the random number is no valid key: start again")?;
    secret.to_pkcs8_der().context("cannot encode the key")
}

/// The public half of a key, as those take it who check what it signs.
pub fn public_keys(key: &EncodingKey, id: &str) -> anyhow::Result<Value> {
    let mut key = Jwk::from_encoding_key(key, Algorithm::ES256)?;
    key.common.key_id = Some(id.to_owned());
    Ok(json!({ "keys": [key] }))
}
