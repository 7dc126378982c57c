//! Signed tokens of others, JWTs: read without trust, and verified by a key of whoever is said to have signed them.
//!
//! Here is what holds of every token; whom it has to be by and for is the caller's to check, as [`id_token`] does for
//! identity providers and [`super::assertion`] for pages that embed the portal.

pub mod claims;
pub mod id_token;
pub mod keys;
pub mod times;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use claims::Claims;
use jsonwebtoken::{Algorithm, crypto};
use keys::Key;

const LENGTH_MAX: usize = 16 * 1024;
const KEY_ID_LENGTH_MAX: usize = 256;

/// Ways to sign that take a key which only the signer has: no shared secrets, and never none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Rs256,
    Es256,
    EdDsa,
}

impl Scheme {
    const ALL: [Self; 3] = [Self::Rs256, Self::Es256, Self::EdDsa];

    /// As a token's header spells it; anything else is no scheme of ours.
    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    fn algorithm(self) -> Algorithm {
        match self {
            Self::Rs256 => Algorithm::RS256,
            Self::Es256 => Algorithm::ES256,
            Self::EdDsa => Algorithm::EdDSA,
        }
    }
}

/// Why a token does not count. For the log; whoever sent it is told less.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("it is not three parts of base64 and JSON within {LENGTH_MAX} bytes")]
    Shape,
    #[error("its header's `{0}` is missing or not one that counts")]
    Header(&'static str),
    #[error("the signer has no key of that name and kind")]
    UnknownKey,
    #[error("its signature is not by the key that it names")]
    Signature,
    #[error("its claim `{0}` is missing or not what it has to be")]
    Claim(&'static str),
    #[error("by its claim `{0}` it does not count at this time")]
    Time(&'static str),
}

/// A token of which only the header was believed, to find the key.
pub struct Unverified<'a> {
    pub scheme: Scheme,
    pub key_id: String,
    /// What the header calls it, if it says so.
    pub kind: Option<String>,
    /// Header and payload, as they were signed.
    signed: &'a str,
    payload: &'a str,
    signature: &'a str,
}

impl<'a> Unverified<'a> {
    /// Addresses and keys that the header brings along (`jku`, `x5u`, `jwk`, `x5c`) are not looked at.
    pub fn read(token: &'a str) -> Result<Self, Refused> {
        if token.len() > LENGTH_MAX {
            return Err(Refused::Shape);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Refused::Shape)?;
        let (header, payload) = signed.split_once('.').ok_or(Refused::Shape)?;
        let header = object(header)?;
        // What must be understood to read the token is not understood; nor is what is compressed or encrypted.
        for name in ["crit", "enc", "zip", "b64"] {
            if header.get(name).is_some() {
                return Err(Refused::Header(name));
            }
        }
        let text = |name: &'static str| header.text(name).map_err(|_| Refused::Header(name));
        let scheme = Scheme::named(text("alg")?).ok_or(Refused::Header("alg"))?;
        let key_id = text("kid")?;
        if key_id.is_empty() || key_id.len() > KEY_ID_LENGTH_MAX {
            return Err(Refused::Header("kid"));
        }
        let kind = header.get("typ").map(|_| text("typ").map(str::to_owned)).transpose()?;
        Ok(Self { scheme, key_id: key_id.to_owned(), kind, signed, payload, signature })
    }

    /// What it says, whoever signed it: for no more than to know whose keys to look for.
    pub fn claimed(&self) -> Result<Claims, Refused> {
        object(self.payload)
    }

    /// What it says, if this key signed it.
    pub fn verify(&self, key: &Key) -> Result<Claims, Refused> {
        if key.scheme != self.scheme || key.id != self.key_id {
            return Err(Refused::UnknownKey);
        }
        match crypto::verify(self.signature, self.signed.as_bytes(), key.decoding(), self.scheme.algorithm()) {
            Ok(true) => object(self.payload),
            Ok(false) | Err(_) => Err(Refused::Signature),
        }
    }
}

fn object(part: &str) -> Result<Claims, Refused> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused::Shape)?;
    serde_json::from_slice(&json).map_err(|_| Refused::Shape)
}
