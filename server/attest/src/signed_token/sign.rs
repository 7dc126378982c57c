//! Signs the tokens that [`super::Attestor`] accepts, on the operator's side.

use super::{LIFETIME_MAX_SECONDS, NAME_CHARS_MAX, TOKEN_ID_CHARS_MAX, TOKEN_TYPE, TokenClaims};
use crate::{ber, text};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use muster_access::jwt::keys::KEY_ID_BYTES_MAX;
use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject};

// Object identifiers of keys, without tag and length.
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// Why a token was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    #[error("the private key is not PKCS#8 in PEM. Convert it with `openssl pkcs8 -topk8 -nocrypt`")]
    Pem,
    #[error("the private key is not EC P-256 or Ed25519. Create one with `openssl genpkey -algorithm ed25519`")]
    KeyType,
    #[error("the key id has not 1 to {KEY_ID_BYTES_MAX} bytes. Use the `kid` that is registered with the portal")]
    KeyId,
    #[error("`{0}` of the token is missing, too long or of the wrong form. The portal would refuse the token")]
    Claim(&'static str),
    #[error("the token could not be signed. Check the private key")]
    Signature(#[source] jsonwebtoken::errors::Error),
}

/// Signs a token with a private key: PKCS#8 in PEM, EC P-256 for ES256 or Ed25519 for EdDSA. `key_id` is the `kid` of the public
/// key in the issuer's registered set.
///
/// # Errors
///
/// If the key is of another type, or if the portal would refuse the token because of its form. Whether the issuer may name the
/// account is only known to the portal.
pub fn sign(private_key_pem: &str, key_id: &str, claims: &TokenClaims) -> Result<String, SignError> {
    check(claims).map_err(SignError::Claim)?;
    if !(1..=KEY_ID_BYTES_MAX).contains(&key_id.len()) {
        return Err(SignError::KeyId);
    }
    let key = PrivatePkcs8KeyDer::from_pem_slice(private_key_pem.as_bytes()).map_err(|_| SignError::Pem)?;
    let der = key.secret_pkcs8_der();
    let (algorithm, key) = match algorithm(der).ok_or(SignError::KeyType)? {
        Algorithm::ES256 => (Algorithm::ES256, EncodingKey::from_ec_der(der)),
        other => (other, EncodingKey::from_ed_der(der)),
    };
    let mut header = Header::new(algorithm);
    header.typ = Some(TOKEN_TYPE.to_owned());
    header.kid = Some(key_id.to_owned());
    encode(&header, claims, &key).map_err(SignError::Signature)
}

/// The algorithm that a PKCS#8 key is for.
fn algorithm(pkcs8: &[u8]) -> Option<Algorithm> {
    let mut fields = ber::Reader::new(pkcs8).expect(ber::SEQUENCE).ok()?.reader();
    fields.expect(ber::INTEGER).ok()?;
    let mut algorithm = fields.expect(ber::SEQUENCE).ok()?.reader();
    let kind = algorithm.expect(ber::OBJECT_IDENTIFIER).ok()?.content;
    let curve = algorithm.optional(ber::OBJECT_IDENTIFIER).ok()?.map(|curve| curve.content);
    match (kind, curve) {
        (EC_PUBLIC_KEY, Some(P256)) => Some(Algorithm::ES256),
        (ED25519, None) => Some(Algorithm::EdDSA),
        _ => None,
    }
}

/// The name of the first claim that the portal would refuse.
fn check(claims: &TokenClaims) -> Result<(), &'static str> {
    let require = |holds: bool, name| if holds { Ok(()) } else { Err(name) };
    require(text::is_identifier(&claims.issuer, NAME_CHARS_MAX), "iss")?;
    require(text::is_identifier(&claims.audience, NAME_CHARS_MAX), "aud")?;
    require(text::uuid(&claims.instance).is_some(), "sub")?;
    require(claims.bios_uuid.as_ref().is_none_or(|it| text::uuid(it).is_some()), "bios_uuid")?;
    require(claims.moref.as_ref().is_none_or(|it| text::is_identifier(it, super::MOREF_CHARS_MAX)), "moref")?;
    require(text::is_identifier(&claims.account, NAME_CHARS_MAX), "account")?;
    require(text::is_identifier(&claims.customer, NAME_CHARS_MAX), "customer")?;
    require(claims.labels.as_ref().is_none_or(super::are_bounded), "labels")?;
    require(text::is_identifier(&claims.token_id, TOKEN_ID_CHARS_MAX), "jti")?;
    let lifetime_seconds = claims.expires_at.saturating_sub(claims.issued_at);
    require((1..=LIFETIME_MAX_SECONDS).contains(&lifetime_seconds), "exp")?;
    require((claims.issued_at..claims.expires_at).contains(&claims.not_before), "nbf")
}
