//! Public keys of token issuers: JWK sets (RFC 7517), reduced to the keys that we accept.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

pub const KEY_ID_BYTES_MAX: usize = 256;
const KEYS_MAX: usize = 100;
/// 2048 bits.
const RSA_BYTES_MIN: usize = 256;

/// A public key and the one algorithm that it verifies.
#[derive(Clone)]
pub struct Key {
    pub id: String,
    pub algorithm: Algorithm,
    key: DecodingKey,
}

#[derive(Clone)]
pub struct KeySet(Vec<Key>);

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    /// Reads an identity provider's set. Keys of other types and uses are skipped, and a set without usable keys is valid.
    pub fn read(json: &[u8]) -> Result<Self, String> {
        let keys = parse(json)?.into_iter().map(|key| Key::read(key).ok());
        Ok(Self(keys.flatten().collect()))
    }

    /// Reads a configured set, in which every key must be usable: a skipped key would only be noticed when it is needed.
    pub fn read_strict(json: &str) -> Result<Self, String> {
        let keys = parse(json.as_bytes())?.into_iter().map(Key::read).collect::<Result<Vec<_>, _>>()?;
        let mut ids = BTreeSet::new();
        match keys.iter().find(|key| !ids.insert(&key.id)) {
            Some(key) => Err(format!("two keys have the `kid` `{}`", key.id.escape_default())),
            None => Ok(Self(keys)),
        }
    }

    /// Finds a key by its exact id, if it is for this algorithm.
    pub fn find(&self, id: &str, algorithm: Algorithm) -> Option<&Key> {
        self.0.iter().find(|key| key.id == id && key.algorithm == algorithm)
    }
}

fn parse(json: &[u8]) -> Result<Vec<Value>, String> {
    let document: Document = serde_json::from_slice(json).map_err(|error| format!("not a JWK set: {error}"))?;
    match document.keys.len() > KEYS_MAX {
        true => Err(format!("a JWK set may have at most {KEYS_MAX} keys")),
        false => Ok(document.keys),
    }
}

impl Key {
    fn read(value: Value) -> Result<Self, String> {
        let is_private = value.get("d").is_some() || value.get("k").is_some();
        let jwk: Jwk = serde_json::from_value(value).map_err(|error| error.to_string())?;
        let id = jwk.common.key_id.clone().filter(|kid| (1..=KEY_ID_BYTES_MAX).contains(&kid.len()));
        let id = id.ok_or_else(|| format!("each key needs a `kid` of 1 to {KEY_ID_BYTES_MAX} bytes"))?;
        match is_private {
            true => Err("it is a private key; put only the public key here, and replace this key pair".to_owned()),
            false => public_key(&jwk),
        }
        .map(|(algorithm, key)| Self { id: id.clone(), algorithm, key })
        .map_err(|message| format!("the key `{}`: {message}", id.escape_default()))
    }

    pub(super) fn decoding(&self) -> &DecodingKey {
        &self.key
    }
}

fn public_key(jwk: &Jwk) -> Result<(Algorithm, DecodingKey), String> {
    if jwk.common.public_key_use.as_ref().is_some_and(|usage| *usage != PublicKeyUse::Signature) {
        return Err("it is not for signatures".to_owned());
    }
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Algorithm::ES256,
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
        AlgorithmParameters::RSA(key) if is_long(&key.n) => Algorithm::RS256,
        AlgorithmParameters::RSA(_) => return Err("an RSA key needs at least 2048 bits".to_owned()),
        _ => return Err("it is not a complete EC P-256, OKP Ed25519 or RSA key".to_owned()),
    };
    if jwk.common.key_algorithm.is_some_and(|named| named != KeyAlgorithm::from(algorithm)) {
        return Err(format!("its `alg` must be {algorithm:?} or absent"));
    }
    DecodingKey::from_jwk(jwk).map(|key| (algorithm, key)).map_err(|error| error.to_string())
}

fn is_long(modulus: &str) -> bool {
    let bytes = URL_SAFE_NO_PAD.decode(modulus).unwrap_or_default();
    bytes.iter().skip_while(|byte| **byte == 0).count() >= RSA_BYTES_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINT: &str = r#""kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#;

    fn found(key: &str, algorithm: Algorithm) -> bool {
        KeySet::read(format!(r#"{{"keys":[{key}]}}"#).as_bytes()).expect(key).find("a", algorithm).is_some()
    }

    #[test]
    fn keeps_only_signing_keys_of_accepted_algorithms() {
        assert!(found(&format!(r#"{{{POINT},"kid":"a"}}"#), Algorithm::EdDSA));
        assert!(found(&format!(r#"{{{POINT},"kid":"a","use":"sig","alg":"EdDSA"}}"#), Algorithm::EdDSA));
        assert!(!found(&format!(r#"{{{POINT},"kid":"a"}}"#), Algorithm::ES256));
        assert!(!found(&format!(r#"{{{POINT},"kid":"b"}}"#), Algorithm::EdDSA));
        assert!(!found(&format!("{{{POINT}}}"), Algorithm::EdDSA));
        assert!(!found(&format!(r#"{{{POINT},"kid":"a","use":"enc"}}"#), Algorithm::EdDSA));
        assert!(!found(r#"{"kty":"oct","kid":"a","k":"c2VjcmV0"}"#, Algorithm::RS256));
        assert!(!found(r#"{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"}"#, Algorithm::RS256));
        assert!(!found(r#"{"kty":"EC","crv":"secp256k1","kid":"a","x":"AA","y":"AA"}"#, Algorithm::ES256));
    }

    #[test]
    fn rejects_malformed_and_huge_sets() {
        assert!(KeySet::read(b"{}").is_err() && KeySet::read(b"<html>").is_err());
        let many = vec![format!("{{{POINT}}}"); KEYS_MAX + 1].join(",");
        assert!(KeySet::read(format!(r#"{{"keys":[{many}]}}"#).as_bytes()).is_err());
    }
}
