//! The public keys of somebody who signs tokens: a JWK set, of which only what we could verify with is kept.

use super::Scheme;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;

/// More than anybody rotates through.
const KEYS_MAX: usize = 100;
/// 2048 bits.
const RSA_BYTES_MIN: usize = 256;

#[derive(Clone)]
pub struct Key {
    pub id: String,
    pub scheme: Scheme,
    key: DecodingKey,
}

impl Key {
    pub(super) fn decoding(&self) -> &DecodingKey {
        &self.key
    }
}

/// Keys by which a token may be signed.
#[derive(Clone)]
pub struct KeySet(Vec<Key>);

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    /// Keys of other kinds and for other uses are left out; a set that has none of ours is no error.
    pub fn read(json: &[u8]) -> Result<Self, String> {
        let document: Document = serde_json::from_slice(json).map_err(|error| format!("no JWK set: {error}"))?;
        if document.keys.len() > KEYS_MAX {
            return Err(format!("a JWK set of more than {KEYS_MAX} keys"));
        }
        Ok(Self(document.keys.into_iter().filter_map(usable).collect()))
    }

    /// By its exact name, and only for the scheme that it is for.
    pub fn find(&self, id: &str, scheme: Scheme) -> Option<&Key> {
        self.0.iter().find(|key| key.id == id && key.scheme == scheme)
    }
}

fn usable(value: Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    let for_signing = jwk.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
    let (scheme, algorithm) = match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) if is_long(&rsa.n) => (Scheme::Rs256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => {
            (Scheme::Es256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            (Scheme::EdDsa, KeyAlgorithm::EdDSA)
        }
        _ => return None,
    };
    let for_scheme = jwk.common.key_algorithm.is_none_or(|named| named == algorithm);
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    let id = jwk.common.key_id?;
    (for_signing && for_scheme).then_some(Key { id, scheme, key })
}

fn is_long(modulus: &str) -> bool {
    let bytes = URL_SAFE_NO_PAD.decode(modulus).unwrap_or_default();
    bytes.iter().skip_while(|byte| **byte == 0).count() >= RSA_BYTES_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINT: &str = r#""kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#;

    fn found(key: &str, scheme: Scheme) -> bool {
        KeySet::read(format!(r#"{{"keys":[{key}]}}"#).as_bytes()).expect(key).find("a", scheme).is_some()
    }

    #[test]
    fn only_keys_for_signing_in_a_scheme_of_ours_are_kept() {
        assert!(found(&format!(r#"{{{POINT},"kid":"a"}}"#), Scheme::EdDsa));
        assert!(found(&format!(r#"{{{POINT},"kid":"a","use":"sig","alg":"EdDSA"}}"#), Scheme::EdDsa));
        assert!(!found(&format!(r#"{{{POINT},"kid":"a"}}"#), Scheme::Es256));
        assert!(!found(&format!(r#"{{{POINT},"kid":"b"}}"#), Scheme::EdDsa));
        assert!(!found(&format!("{{{POINT}}}"), Scheme::EdDsa));
        assert!(!found(&format!(r#"{{{POINT},"kid":"a","use":"enc"}}"#), Scheme::EdDsa));
        assert!(!found(r#"{"kty":"oct","kid":"a","k":"c2VjcmV0"}"#, Scheme::Rs256));
        assert!(!found(r#"{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"}"#, Scheme::Rs256));
        assert!(!found(r#"{"kty":"EC","crv":"secp256k1","kid":"a","x":"AA","y":"AA"}"#, Scheme::Es256));
    }

    #[test]
    fn what_is_no_set_or_a_huge_one_is_an_error() {
        assert!(KeySet::read(b"{}").is_err() && KeySet::read(b"<html>").is_err());
        let many = vec![format!("{{{POINT}}}"); KEYS_MAX + 1].join(",");
        assert!(KeySet::read(format!(r#"{{"keys":[{many}]}}"#).as_bytes()).is_err());
    }
}
