//! Signs assertions about users. The key is generated when the process starts and never leaves it.

use super::{ISSUER, User};
use crate::command::signing_key;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use muster_access::{assertion::TYPE, token::Token};
use muster_core::clock::SharedClock;
use serde_json::json;

const KEY_NAME: &str = "demo";
const LIFETIME_SECONDS: i64 = 60;

pub struct Signer {
    key: EncodingKey,
    audience: String,
    clock: SharedClock,
}

impl Signer {
    pub fn new(audience: String, clock: SharedClock) -> anyhow::Result<Self> {
        Ok(Self { key: EncodingKey::from_ec_der(signing_key::generate()?.as_bytes()), audience, clock })
    }

    /// Returns the public key as a JWK set, which an integrator gives to the portal's operator.
    pub fn public_keys(&self) -> anyhow::Result<String> {
        Ok(signing_key::public_keys(&self.key, KEY_NAME)?.to_string())
    }

    pub fn assertion(&self, user: &User, nonce: &str, origin: &str) -> anyhow::Result<String> {
        let (now, jti) = (self.clock.now().as_second(), Token::random()?);
        let claims = json!({
            "iss": ISSUER,
            "aud": self.audience,
            "sub": user.person.identity.subject,
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME_SECONDS,
            "jti": jti.reveal(),
            "nonce": nonce,
            "role": user.person.identity.role.code(),
            "customers": user.customers,
            "parent": origin,
        });
        let mut header = Header::new(Algorithm::ES256);
        (header.typ, header.kid) = (Some(TYPE.to_owned()), Some(KEY_NAME.to_owned()));
        Ok(jsonwebtoken::encode(&header, &claims, &self.key)?)
    }
}
