//! The public keys of somebody who signs tokens: a JWK set (RFC 7517), of which only what we could verify with is kept.

use super::{KEY_ID_LENGTH_MAX, Scheme};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// More than anybody rotates through.
const KEYS_MAX: usize = 100;
/// 2048 bits.
const RSA_BYTES_MIN: usize = 256;

/// One public key, and the only scheme that it verifies.
#[derive(Clone)]
pub struct Key {
    pub id: String,
    pub scheme: Scheme,
    key: DecodingKey,
}

/// Keys by which a token may be signed.
#[derive(Clone)]
pub struct KeySet(Vec<Key>);

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

/// The fields of RFC 7517 and 7518 that matter here; others may be there.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<serde::de::IgnoredAny>,
    k: Option<serde::de::IgnoredAny>,
}

impl KeySet {
    /// Of a provider, which has keys of other kinds and for other uses too: those are left out, and a set that has none
    /// of ours is no error.
    pub fn read(json: &[u8]) -> Result<Self, String> {
        let keys = document(json)?.into_iter().map(|key| Key::read(key).ok());
        Ok(Self(keys.flatten().collect()))
    }

    /// Of a file of ours, in which every key must be usable: one that is passed over in silence is missed on the day on
    /// which it is needed.
    pub fn read_every(json: &str) -> Result<Self, String> {
        let keys = document(json.as_bytes())?.into_iter().map(Key::read).collect::<Result<Vec<_>, _>>()?;
        let mut ids = BTreeSet::new();
        match keys.iter().find(|key| !ids.insert(&key.id)) {
            Some(key) => Err(format!("two keys are called `{}`", key.id.escape_default())),
            None => Ok(Self(keys)),
        }
    }

    /// By its exact name, and only for the scheme that it is for.
    pub fn find(&self, id: &str, scheme: Scheme) -> Option<&Key> {
        self.0.iter().find(|key| key.id == id && key.scheme == scheme)
    }
}

fn document(json: &[u8]) -> Result<Vec<Value>, String> {
    let document: Document = serde_json::from_slice(json).map_err(|error| format!("no JWK set: {error}"))?;
    match document.keys.len() > KEYS_MAX {
        true => Err(format!("a JWK set of more than {KEYS_MAX} keys")),
        false => Ok(document.keys),
    }
}

impl Key {
    fn read(value: Value) -> Result<Self, String> {
        let mut jwk: Jwk = serde_json::from_value(value).map_err(|error| error.to_string())?;
        let id = jwk.kid.take().filter(|kid| !kid.is_empty() && kid.len() <= KEY_ID_LENGTH_MAX);
        let id = id.ok_or_else(|| format!("each key needs a `kid` of 1 to {KEY_ID_LENGTH_MAX} bytes"))?;
        match public(jwk) {
            Ok((scheme, key)) => Ok(Self { id, scheme, key }),
            Err(why) => Err(format!("the key `{}`: {why}", id.escape_default())),
        }
    }

    pub(super) fn decoding(&self) -> &DecodingKey {
        &self.key
    }
}

fn public(jwk: Jwk) -> Result<(Scheme, DecodingKey), String> {
    if jwk.d.is_some() || jwk.k.is_some() {
        return Err("it is a secret one; put only its public half here, and make a new pair".to_owned());
    }
    if jwk.usage.is_some_and(|usage| usage != "sig") {
        return Err("it is not for signatures".to_owned());
    }
    let part = |part: Option<String>| part.ok_or_else(|| "it lacks a part".to_owned());
    let (scheme, key) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("EC", Some("P-256")) => (Scheme::Es256, DecodingKey::from_ec_components(&part(jwk.x)?, &part(jwk.y)?)),
        ("OKP", Some("Ed25519")) => (Scheme::EdDsa, DecodingKey::from_ed_components(&part(jwk.x)?)),
        ("RSA", _) => {
            let n = part(jwk.n)?;
            if !is_long(&n) {
                return Err("an RSA key has 2048 bits or more".to_owned());
            }
            (Scheme::Rs256, DecodingKey::from_rsa_components(&n, &part(jwk.e)?))
        }
        _ => return Err("it is none of EC P-256, OKP Ed25519 and RSA".to_owned()),
    };
    if jwk.alg.is_some_and(|alg| alg != scheme.name()) {
        return Err(format!("its `alg` is not {}, which is what such a key signs", scheme.name()));
    }
    Ok((scheme, key.map_err(|error| error.to_string())?))
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
