//! The claims that an identity provider's ID token must have for the sign-in that we started.

use super::{UnverifiedJwt, claims::Claims, error::JwtError, times::TimeClaims};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::Algorithm;
use serde_json::Value;
use sha2::{Digest, Sha256, Sha512};

const SUBJECT_BYTES_MAX: usize = 255;
const LIFETIME_MAX_SECONDS: i64 = 24 * 60 * 60;
/// The token was issued for the code that was just redeemed.
const AGE_MAX_SECONDS: i64 = 10 * 60;

/// What the token is compared with.
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    /// The access token of the same response.
    pub access_token: &'a str,
    pub now: Timestamp,
}

/// Checks everything but the signature.
pub fn check(token: &UnverifiedJwt<'_>, claims: &Claims, expected: &Expected<'_>) -> Result<(), JwtError> {
    if !token.token_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("JWT")) {
        return Err(JwtError::Header("typ"));
    }
    let require = |holds: bool, name: &'static str| if holds { Ok(()) } else { Err(JwtError::Claim(name)) };
    require(claims.text("iss")? == expected.issuer, "iss")?;
    require((1..=SUBJECT_BYTES_MAX).contains(&claims.text("sub")?.len()), "sub")?;
    let audiences = claims.texts("aud").ok_or(JwtError::Claim("aud"))?;
    require(audiences.contains(&expected.client_id), "aud")?;
    // With several audiences the token must name us as the party that it was issued to.
    match claims.get("azp").map(Value::as_str) {
        None => require(audiences.len() == 1, "azp")?,
        party => require(party == Some(Some(expected.client_id)), "azp")?,
    }
    require(claims.text("nonce")? == expected.nonce, "nonce")?;
    let times = TimeClaims::read(claims)?;
    if times.lifetime_seconds() > LIFETIME_MAX_SECONDS {
        return Err(JwtError::Time("exp"));
    }
    times.check(expected.now.as_second(), AGE_MAX_SECONDS)?;
    // Optional in the code flow, but must match where it is present.
    let hash = claims.get("at_hash").map(|hash| hash.as_str());
    let own = at_hash(token.algorithm, expected.access_token);
    require(hash.is_none_or(|hash| own.is_some() && hash == own.as_deref()), "at_hash")
}

/// The left half of the access token's hash (OpenID Connect Core, 3.1.3.6).
fn at_hash(algorithm: Algorithm, access_token: &str) -> Option<String> {
    match algorithm {
        Algorithm::EdDSA => Some(URL_SAFE_NO_PAD.encode(&Sha512::digest(access_token)[..32])),
        Algorithm::RS256 | Algorithm::ES256 => Some(URL_SAFE_NO_PAD.encode(&Sha256::digest(access_token)[..16])),
        _ => None,
    }
}
