//! Signed tokens (JWT) of other systems: read without trust, then verified with the key of their issuer.
//!
//! This module checks what every token must satisfy. Issuer, audience and other claims are checked by the caller:
//! [`id_token`] for identity providers, [`super::assertion`] for embedding pages. `jsonwebtoken` verifies signatures and
//! reads keys; its claim validation is not used because it reads the system clock and accepts an audience list.

pub mod claims;
pub mod error;
pub mod id_token;
pub mod keys;
pub mod times;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use claims::Claims;
use error::{JwtError, TOKEN_BYTES_MAX};
use jsonwebtoken::{Algorithm, crypto};
use keys::{KEY_ID_BYTES_MAX, Key};

/// Public-key algorithms only: no shared secrets, and never `none`.
const ALGORITHMS: [Algorithm; 3] = [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];

/// A token whose signature was not checked yet. Its header only selects the key.
pub struct UnverifiedJwt<'a> {
    pub algorithm: Algorithm,
    pub key_id: String,
    /// The header `typ`.
    pub token_type: Option<String>,
    /// Encoded header and payload, which the signature covers.
    signed: &'a str,
    payload: &'a str,
    signature: &'a str,
}

impl<'a> UnverifiedJwt<'a> {
    /// Keys and URLs in the header (`jku`, `x5u`, `jwk`, `x5c`) are ignored.
    pub fn read(token: &'a str) -> Result<Self, JwtError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(JwtError::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(JwtError::Malformed)?;
        let header = decode(header)?;
        // No extension, encryption or compression is supported.
        for name in ["crit", "enc", "zip", "b64"] {
            if header.get(name).is_some() {
                return Err(JwtError::Header(name));
            }
        }
        let text = |name: &'static str| header.text(name).map_err(|_| JwtError::Header(name));
        let algorithm = text("alg")?.parse::<Algorithm>().ok().filter(|algorithm| ALGORITHMS.contains(algorithm));
        let algorithm = algorithm.ok_or(JwtError::Header("alg"))?;
        let key_id = text("kid")?;
        if !(1..=KEY_ID_BYTES_MAX).contains(&key_id.len()) {
            return Err(JwtError::Header("kid"));
        }
        let token_type = header.get("typ").map(|_| text("typ").map(str::to_owned)).transpose()?;
        Ok(Self { algorithm, key_id: key_id.to_owned(), token_type, signed, payload, signature })
    }

    /// The claims before the signature was checked: only to find out whose keys to use.
    pub fn unverified_claims(&self) -> Result<Claims, JwtError> {
        decode(self.payload)
    }

    /// The claims, if this key signed them.
    pub fn verify(&self, key: &Key) -> Result<Claims, JwtError> {
        if key.algorithm != self.algorithm || key.id != self.key_id {
            return Err(JwtError::UnknownKey);
        }
        match crypto::verify(self.signature, self.signed.as_bytes(), key.decoding(), self.algorithm) {
            Ok(true) => decode(self.payload),
            Ok(false) | Err(_) => Err(JwtError::Signature),
        }
    }
}

fn decode(part: &str) -> Result<Claims, JwtError> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| JwtError::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| JwtError::Malformed)
}
