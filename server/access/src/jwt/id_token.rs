//! What an identity provider's ID token must say to be about the login that we asked for.

use super::{Refused, Scheme, Unverified, claims::Claims, times::Times};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256, Sha512};

const SUBJECT_LENGTH_MAX: usize = 255;
/// A token for one login that claims to live longer is somebody's mistake.
const LIFE_SECONDS_MAX: i64 = 24 * 60 * 60;
/// It was made for the code that was just redeemed.
const AGE_SECONDS_MAX: i64 = 10 * 60;

/// Whose, for whom, for which login and when.
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    /// What came along with it.
    pub access_token: &'a str,
    pub now: Timestamp,
}

/// Checks all that the signature does not.
pub fn check(token: &Unverified<'_>, claims: &Claims, expected: &Expected<'_>) -> Result<(), Refused> {
    if !token.kind.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("JWT")) {
        return Err(Refused::Header("typ"));
    }
    let right = |right: bool, name: &'static str| if right { Ok(()) } else { Err(Refused::Claim(name)) };
    right(claims.text("iss")? == expected.issuer, "iss")?;
    right((1..=SUBJECT_LENGTH_MAX).contains(&claims.text("sub")?.len()), "sub")?;
    audience(claims, expected.client_id)?;
    right(claims.text("nonce")? == expected.nonce, "nonce")?;
    times(claims, expected.now.as_second())?;
    // Not every provider binds the two; one that does must have bound these.
    match claims.get("at_hash") {
        None => Ok(()),
        Some(hash) => right(hash.as_str() == Some(&left_half(token.scheme, expected.access_token)), "at_hash"),
    }
}

/// For us; where it is for others too, it must say that it was made at our asking.
fn audience(claims: &Claims, client_id: &str) -> Result<(), Refused> {
    let audiences = claims.texts("aud").ok_or(Refused::Claim("aud"))?;
    if !audiences.contains(&client_id) {
        return Err(Refused::Claim("aud"));
    }
    match claims.get("azp").map(Value::as_str) {
        None if audiences.len() == 1 => Ok(()),
        Some(Some(party)) if party == client_id => Ok(()),
        _ => Err(Refused::Claim("azp")),
    }
}

fn times(claims: &Claims, now: i64) -> Result<(), Refused> {
    let times = Times::read(claims)?;
    if !times.lives(LIFE_SECONDS_MAX) {
        return Err(Refused::Time("exp"));
    }
    times.check(now, AGE_SECONDS_MAX)
}

/// The left half of the hash that goes with the scheme, as providers write it.
fn left_half(scheme: Scheme, token: &str) -> String {
    match scheme {
        Scheme::Rs256 | Scheme::Es256 => URL_SAFE_NO_PAD.encode(&Sha256::digest(token)[..16]),
        Scheme::EdDsa => URL_SAFE_NO_PAD.encode(&Sha512::digest(token)[..32]),
    }
}
