//! Somebody else's public keys: a JWK set in a file, read again whenever it changed, so that keys are rotated by
//! writing a file. A file that cannot be read has no keys: then nothing signed is believed.

use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

/// A set of two or three keys takes a kilobyte.
const FILE_BYTES_MAX: u64 = 64 * 1024;
const KID_CHARS_MAX: usize = 128;
/// 2048 bits, in base64url without padding.
const RSA_MODULUS_CHARS_MIN: usize = 342;

/// One public key, and the only algorithm that it verifies.
#[derive(Clone)]
pub struct PublicKey {
    pub algorithm: Algorithm,
    pub key: DecodingKey,
}

type ByKid = HashMap<String, PublicKey>;

pub struct KeySet {
    path: Option<PathBuf>,
    read: Mutex<Option<Read>>,
}

/// What was in the file when it was last changed.
struct Read {
    changed_at: SystemTime,
    length: u64,
    by_kid: ByKid,
}

#[derive(Debug, thiserror::Error)]
pub enum KeySetError {
    #[error("cannot read the keys `{}`", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the keys `{}` are not right: {message}", path.display())]
    Content { path: PathBuf, message: String },
}

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Jwk>,
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
    /// Of a file that must be there and right when the portal starts.
    pub fn of_file(path: &Path) -> Result<Self, KeySetError> {
        let read = read(path)?;
        Ok(Self { path: Some(path.to_owned()), read: Mutex::new(Some(read)) })
    }

    /// Of keys that only live as long as this process.
    pub fn of(text: &str) -> Result<Self, String> {
        let read = Read { changed_at: SystemTime::UNIX_EPOCH, length: 0, by_kid: keys(text)? };
        Ok(Self { path: None, read: Mutex::new(Some(read)) })
    }

    /// The key that a token names. Looks at the file's date each time, which costs less than a signature.
    pub fn find(&self, kid: &str) -> Option<PublicKey> {
        let mut known = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = &self.path
            && !known.as_ref().is_some_and(|known| known.is_of_now(path))
        {
            *known = read(path)
                .inspect_err(|error| tracing::error!(error.cause = ?std::error::Error::source(error), "{error}"))
                .ok();
        }
        known.as_ref()?.by_kid.get(kid).cloned()
    }
}

impl Read {
    fn is_of_now(&self, path: &Path) -> bool {
        let now = std::fs::metadata(path).and_then(|metadata| Ok((metadata.modified()?, metadata.len())));
        now.is_ok_and(|now| now == (self.changed_at, self.length))
    }
}

fn read(path: &Path) -> Result<Read, KeySetError> {
    let failed = |source| KeySetError::Read { path: path.to_owned(), source };
    let wrong = |message| KeySetError::Content { path: path.to_owned(), message };
    // Asked before the text is read: what is written in between makes it be read once more.
    let metadata = std::fs::metadata(path).map_err(failed)?;
    let (changed_at, length) = (metadata.modified().map_err(failed)?, metadata.len());
    if length > FILE_BYTES_MAX {
        return Err(wrong(format!("it has {length} bytes, and no set of keys has more than {FILE_BYTES_MAX}")));
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    Ok(Read { changed_at, length, by_kid: keys(&text).map_err(wrong)? })
}

/// Every key must be usable: one that is passed over in silence is missed on the day on which it is needed.
fn keys(text: &str) -> Result<ByKid, String> {
    let set: JwkSet = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut by_kid = ByKid::new();
    for jwk in set.keys {
        let kid = jwk.kid.clone().filter(|kid| !kid.is_empty() && kid.chars().count() <= KID_CHARS_MAX);
        let kid = kid.ok_or_else(|| format!("each key needs a `kid` of 1 to {KID_CHARS_MAX} characters"))?;
        let key = public_key(jwk).map_err(|why| format!("the key `{}`: {why}", kid.escape_default()))?;
        if by_kid.insert(kid.clone(), key).is_some() {
            return Err(format!("two keys are called `{}`", kid.escape_default()));
        }
    }
    Ok(by_kid)
}

fn public_key(jwk: Jwk) -> Result<PublicKey, String> {
    if jwk.d.is_some() || jwk.k.is_some() {
        return Err("it is a secret one; put only its public half here, and make a new pair".to_owned());
    }
    if jwk.usage.is_some_and(|usage| usage != "sig") {
        return Err("it is not for signatures".to_owned());
    }
    let missing = || "it lacks a part".to_owned();
    let bad = |error: jsonwebtoken::errors::Error| error.to_string();
    let (algorithm, name, key) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("EC", Some("P-256")) => {
            let key = DecodingKey::from_ec_components(&jwk.x.ok_or_else(missing)?, &jwk.y.ok_or_else(missing)?);
            (Algorithm::ES256, "ES256", key.map_err(bad)?)
        }
        ("OKP", Some("Ed25519")) => {
            let key = DecodingKey::from_ed_components(&jwk.x.ok_or_else(missing)?);
            (Algorithm::EdDSA, "EdDSA", key.map_err(bad)?)
        }
        ("RSA", _) => {
            let n = jwk.n.ok_or_else(missing)?;
            if n.len() < RSA_MODULUS_CHARS_MIN {
                return Err("an RSA key has 2048 bits or more".to_owned());
            }
            let key = DecodingKey::from_rsa_components(&n, &jwk.e.ok_or_else(missing)?);
            (Algorithm::RS256, "RS256", key.map_err(bad)?)
        }
        _ => return Err("it is none of EC P-256, OKP Ed25519 and RSA".to_owned()),
    };
    if jwk.alg.is_some_and(|alg| alg != name) {
        return Err(format!("its `alg` is not {name}, which is what such a key signs"));
    }
    Ok(PublicKey { algorithm, key })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EC: &str = r#""kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0""#;

    fn why_not(keys: &str) -> String {
        KeySet::of(&format!("{{\"keys\":[{keys}]}}")).err().expect("refused")
    }

    #[test]
    fn a_key_is_found_by_its_name_and_a_changed_file_counts_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys.json");
        let write = |keys: &str| std::fs::write(&path, format!("{{\"keys\":[{keys}]}}")).expect("written");
        write(&format!("{{{EC},\"kid\":\"old\"}}"));
        let set = KeySet::of_file(&path).expect("right");
        assert!(set.find("old").is_some_and(|key| key.algorithm == Algorithm::ES256) && set.find("new").is_none());
        write(&format!("{{{EC},\"kid\":\"old\"}},{{{EC},\"kid\":\"newer\"}}"));
        assert!(set.find("old").is_some() && set.find("newer").is_some());
        write("");
        assert!(set.find("old").is_none());
        // Right in all but its size.
        write(&format!("{{{EC},\"kid\":\"newer\"}}{}", " ".repeat(FILE_BYTES_MAX as usize)));
        assert!(set.find("newer").is_none());
        std::fs::remove_file(&path).expect("removed");
        assert!(set.find("newer").is_none());
        assert!(KeySet::of_file(&path).err().expect("no file").to_string().contains("keys.json"));
    }

    #[test]
    fn what_is_no_public_key_for_signatures_is_refused_by_name() {
        for (keys, word) in [
            (format!("{{{EC}}}"), "kid"),
            (format!("{{{EC},\"kid\":\"a\"}},{{{EC},\"kid\":\"a\"}}"), "two keys"),
            (format!("{{{EC},\"kid\":\"a\",\"d\":\"AAAA\"}}"), "secret"),
            (r#"{"kty":"oct","k":"AAAA","kid":"a"}"#.to_owned(), "secret"),
            (format!("{{{EC},\"kid\":\"a\",\"use\":\"enc\"}}"), "signatures"),
            (format!("{{{EC},\"kid\":\"a\",\"alg\":\"HS256\"}}"), "ES256"),
            (r#"{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"a"}"#.to_owned(), "2048"),
            (r#"{"kty":"EC","crv":"P-521","x":"AA","y":"AA","kid":"a"}"#.to_owned(), "P-256"),
            (r#"{"kty":"OKP","crv":"Ed25519","kid":"a"}"#.to_owned(), "lacks"),
        ] {
            assert!(why_not(&keys).contains(word), "{keys}: {}", why_not(&keys));
        }
    }
}
