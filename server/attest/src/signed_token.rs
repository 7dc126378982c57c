//! VMware, OpenStack and dedicated servers: a token that the operator signed for the instance.
//!
//! These providers sign nothing themselves. The operator's side, such as an agent beside a vCenter, signs a short token for one
//! instance and puts it where only that one reads it; for VMware that is `guestinfo`. Each issuer has keys that
//! are registered with the portal, and may name only its own accounts.
//!
//! A token proves that the issuer meant this instance. It does not prove that the reader is that instance: every process on it
//! can read the token, and clones have it too. The caller accepts each `jti` and each instance once.

mod sign;

pub use sign::{SignError, sign};

use crate::{
    challenge::Challenge,
    evidence::TokenEvidence,
    identity::{Facts, Identity, Provider},
    refusal::Refusal,
    text,
};
use jiff::Timestamp;
use jsonwebtoken::Algorithm;
use muster_access::jwt::{UnverifiedJwt, claims::Claims, error::JwtError, keys::KeySet, times::TimeClaims};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The header `typ`. One for all providers, because the issuer's registration says which provider it is for. It keeps apart
/// what an issuer signs for enrollment from everything else that it signs with the same key, such as assertions of embedders.
pub const TOKEN_TYPE: &str = "muster-enrollment+jwt";
/// The longest lifetime of a token, in seconds: an instance may first start long after it was created.
pub const LIFETIME_MAX_SECONDS: i64 = 24 * 60 * 60;
/// The longest `iss`, `account` and `customer`.
pub const NAME_CHARS_MAX: usize = 255;
/// The longest `jti`.
pub const TOKEN_ID_CHARS_MAX: usize = 128;
/// The most labels, and the longest name and value in bytes.
const LABELS_MAX: usize = 2;
const LABEL_NAME_CHARS_MAX: usize = 63;
const LABEL_BYTES_MAX: usize = 256;
/// The longest managed object reference.
const MOREF_CHARS_MAX: usize = 64;

/// The claims of a token. The form of each is in [`Attestor::attest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TokenClaims {
    /// Who signs, such as `urn:muster:vcenter:<instance uuid of the vCenter>`: the name that is registered.
    #[serde(rename = "iss")]
    pub issuer: String,
    /// The portal: the audience of its challenges.
    #[serde(rename = "aud")]
    pub audience: String,
    /// The UUID of the instance. For VMware the instanceUuid, which vCenter keeps unique.
    #[serde(rename = "sub")]
    pub instance: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bios_uuid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moref: Option<String>,
    pub account: String,
    pub customer: String,
    /// The labels of the instance, which then replace what the instance says: at most the patching label and the patch group
    /// label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<BTreeMap<String, String>>,
    /// A random id that is used once.
    #[serde(rename = "jti")]
    pub token_id: String,
    /// Seconds since 1970, as all times of tokens.
    #[serde(rename = "iat")]
    pub issued_at: i64,
    #[serde(rename = "nbf")]
    pub not_before: i64,
    #[serde(rename = "exp")]
    pub expires_at: i64,
}

/// Who may sign tokens.
#[derive(Clone)]
pub struct Issuer {
    /// The exact `iss` of its tokens.
    pub name: String,
    /// Where its instances are.
    pub provider: Provider,
    /// Its public keys: one, or two while the key is rotated.
    pub keys: KeySet,
    /// The accounts that it may name.
    pub accounts: BTreeSet<String>,
}

/// Two registrations have the same issuer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("two issuers of enrollment tokens have the name `{0}`. Register it once, with the accounts of both")]
pub struct DuplicateIssuer(pub String);

/// Verifies tokens of registered issuers.
pub struct Attestor {
    issuers: BTreeMap<String, Issuer>,
}

impl Attestor {
    /// # Errors
    ///
    /// If two issuers have the same name.
    pub fn new(issuers: impl IntoIterator<Item = Issuer>) -> Result<Self, DuplicateIssuer> {
        let mut by_name = BTreeMap::new();
        for issuer in issuers {
            if let Some(issuer) = by_name.insert(issuer.name.clone(), issuer) {
                return Err(DuplicateIssuer(issuer.name));
            }
        }
        Ok(Self { issuers: by_name })
    }

    /// Accepts `alg` ES256 or EdDSA, `typ` [`TOKEN_TYPE`], a registered `iss`, the challenge's audience as the one `aud`, UUIDs
    /// as `sub` and `bios_uuid`, an `account` of the issuer, `customer`, `jti`, and `iat`, `nbf` and `exp` at most
    /// [`LIFETIME_MAX_SECONDS`] apart. Tokens of VMware need `bios_uuid` and `moref`; others may lack them. `labels` may be
    /// missing. The caller compares their names with the configured ones.
    ///
    /// # Errors
    ///
    /// `malformed`, `evidence_invalid`, `wrong_provider` and `stale`.
    pub fn attest(&self, evidence: &TokenEvidence, challenge: &Challenge, now: Timestamp) -> Result<Identity, Refusal> {
        let token = UnverifiedJwt::read(&evidence.token)?;
        if !matches!(token.algorithm, Algorithm::ES256 | Algorithm::EdDSA) {
            return Err(Refusal::Invalid("the token is not signed with ES256 or EdDSA"));
        }
        if token.token_type.as_deref() != Some(TOKEN_TYPE) {
            return Err(Refusal::Invalid("the type of the token is not muster-enrollment+jwt"));
        }
        let unverified = token.unverified_claims()?;
        let issuer = self.issuers.get(unverified.text("iss")?);
        let issuer = issuer.ok_or(Refusal::Invalid("the issuer of the token is not registered"))?;
        let key = issuer.keys.find(&token.key_id, token.algorithm);
        let claims =
            token.verify(key.ok_or(Refusal::Invalid("the key of the token is not registered with its issuer"))?)?;
        challenge.check_provider(issuer.provider)?;
        if claims.text("aud")? != challenge.audience {
            return Err(Refusal::Invalid("the audience of the token is not this portal"));
        }
        let expires_at = check_times(&claims, now)?;
        identity(&claims, issuer, expires_at)
    }
}

fn check_times(claims: &Claims, now: Timestamp) -> Result<Timestamp, Refusal> {
    let times = TimeClaims::read(claims)?;
    let not_before = times.not_before.ok_or(JwtError::Claim("nbf"))?;
    if !(1..=LIFETIME_MAX_SECONDS).contains(&times.lifetime_seconds()) || not_before < times.issued_at {
        return Err(Refusal::Invalid("the lifetime of the token is longer than a day, or negative"));
    }
    times.check(now.as_second(), LIFETIME_MAX_SECONDS)?;
    Timestamp::from_second(times.expires_at).map_err(|_| Refusal::Invalid("the token expires at no valid time"))
}

fn identity(claims: &Claims, issuer: &Issuer, expires_at: Timestamp) -> Result<Identity, Refusal> {
    let account = claims.text("account")?;
    if !issuer.accounts.contains(account) {
        return Err(Refusal::Invalid("the issuer of the token may not name its account"));
    }
    let customer = identifier(claims, "customer", NAME_CHARS_MAX)?.ok_or(JwtError::Claim("customer"))?;
    let token_id = identifier(claims, "jti", TOKEN_ID_CHARS_MAX)?.ok_or(JwtError::Claim("jti"))?;
    let instance = text::uuid(claims.text("sub")?).ok_or(JwtError::Claim("sub"))?;
    let bios_uuid = identifier(claims, "bios_uuid", NAME_CHARS_MAX)?;
    let bios_uuid = bios_uuid.map(|it| text::uuid(&it).ok_or(JwtError::Claim("bios_uuid"))).transpose()?;
    let moref = identifier(claims, "moref", MOREF_CHARS_MAX)?;
    if issuer.provider == Provider::Vmware && (bios_uuid.is_none() || moref.is_none()) {
        return Err(Refusal::Invalid("a token of VMware needs bios_uuid and moref"));
    }
    let labels = labels(claims)?;
    Ok(Identity {
        provider: issuer.provider,
        account: account.to_owned(),
        instance,
        location: None,
        facts: Facts::SignedToken {
            issuer: issuer.name.clone(),
            customer,
            token_id,
            bios_uuid,
            moref,
            labels,
            expires_at,
        },
    })
}

/// The labels, if the token has any.
fn labels(claims: &Claims) -> Result<Option<BTreeMap<String, String>>, JwtError> {
    let Some(value) = claims.get("labels") else { return Ok(None) };
    let labels = value.as_object().ok_or(JwtError::Claim("labels"))?;
    let labels = labels.iter().map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    let labels = labels.collect::<Option<BTreeMap<_, _>>>().filter(are_bounded);
    labels.map(Some).ok_or(JwtError::Claim("labels"))
}

/// Whether the labels are few and short.
fn are_bounded(labels: &BTreeMap<String, String>) -> bool {
    labels.len() <= LABELS_MAX
        && labels
            .iter()
            .all(|(name, value)| text::is_identifier(name, LABEL_NAME_CHARS_MAX) && value.len() <= LABEL_BYTES_MAX)
}

/// A claim that may be missing, but not have another form.
fn identifier(claims: &Claims, name: &'static str, length_max: usize) -> Result<Option<String>, JwtError> {
    if claims.get(name).is_none() {
        return Ok(None);
    }
    let text = claims.text(name)?;
    if text::is_identifier(text, length_max) { Ok(Some(text.to_owned())) } else { Err(JwtError::Claim(name)) }
}
