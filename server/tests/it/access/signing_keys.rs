//! Keys that sign tokens, generated in each run by Node.js, so that the repository has no private key.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use muster_access::jwt::keys::KeySet;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{process::Command, sync::OnceLock};

const SCRIPT: &str = r#"
const { generateKeyPairSync } = require("node:crypto");
const key = (type, options, format) => {
  const { privateKey, publicKey } = generateKeyPairSync(type, options);
  return {
    private_key: privateKey.export({ type: format, format: "der" }).toString("base64url"),
    public_pem: publicKey.export({ type: "spki", format: "pem" }),
    jwk: publicKey.export({ format: "jwk" }),
  };
};
console.log(JSON.stringify({
  rsa: key("rsa", { modulusLength: 2048 }, "pkcs1"),
  other_rsa: key("rsa", { modulusLength: 2048 }, "pkcs1"),
  short_rsa: key("rsa", { modulusLength: 1024 }, "pkcs1"),
  ec: key("ec", { namedCurve: "P-256" }, "pkcs8"),
  ed: key("ed25519", {}, "pkcs8"),
}));
"#;

#[derive(Deserialize)]
pub struct SigningKeys {
    pub rsa: SigningKey,
    pub other_rsa: SigningKey,
    pub short_rsa: SigningKey,
    pub ec: SigningKey,
    pub ed: SigningKey,
}

#[derive(Deserialize)]
pub struct SigningKey {
    private_key: String,
    pub public_pem: String,
    jwk: Value,
}

/// The keys of this test binary.
pub fn keys() -> &'static SigningKeys {
    static KEYS: OnceLock<SigningKeys> = OnceLock::new();
    KEYS.get_or_init(|| {
        let output = Command::new("node").args(["-e", SCRIPT]).output().expect("node runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("keys")
    })
}

impl SigningKey {
    /// The public key with a key id, as its owner publishes it.
    pub fn jwk(&self, kid: &str) -> Value {
        let mut jwk = self.jwk.clone();
        jwk["kid"] = json!(kid);
        jwk["use"] = json!("sig");
        jwk
    }

    /// Signs any header and payload, valid or not.
    pub fn token(&self, algorithm: Algorithm, header: &str, payload: &str) -> String {
        let der = URL_SAFE_NO_PAD.decode(&self.private_key).expect("base64");
        let key = match algorithm {
            Algorithm::RS256 | Algorithm::RS384 | Algorithm::PS256 => EncodingKey::from_rsa_der(&der),
            Algorithm::ES256 => EncodingKey::from_ec_der(&der),
            Algorithm::EdDSA => EncodingKey::from_ed_der(&der),
            other => panic!("no key for {other:?}"),
        };
        let signed = signed_part(header, payload);
        let signature = crypto::sign(signed.as_bytes(), &key, algorithm).expect("a signature");
        format!("{signed}.{signature}")
    }
}

pub fn signed_part(header: &str, payload: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
}

/// The text of a published key set.
pub fn jwks(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

pub fn key_set(keys: &[Value]) -> KeySet {
    KeySet::read(jwks(keys).as_bytes()).expect("a set of keys")
}
