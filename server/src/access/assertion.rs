//! What an embedding page says about its user: a signed assertion that lives for a minute, is made for one frame's
//! nonce, and counts once. Whoever vouches is one of the configured embedders; what it may say is bounded here.

use super::{
    burnt::{Burnt, NAMES_MAX, NotBurnt},
    embedder::{EmbeddedRole, Embedder},
    principal::{Identity, Role},
};
use crate::clock::SharedClock;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;
use std::collections::BTreeSet;

/// The header's `typ`: a token made for anything else is no assertion.
pub const TYPE: &str = "vmm-embed+jwt";
const ALGORITHMS: [Algorithm; 3] = [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256];
/// Seconds from `iat` to `exp`.
const LIFE_MAX: i64 = 60;
/// Seconds by which the two clocks may differ.
const SKEW: i64 = 30;
/// Seconds after which an assertion is old whatever it says.
const AGE_MAX: i64 = 120;
/// Seconds after `exp` for which a `jti` is remembered: longer than it could still be believed.
const REMEMBERED: i64 = 60;
const SUBJECT_CHARS_MAX: usize = 255;
const CUSTOMERS_MAX: usize = 500;
const CUSTOMER_CHARS_MAX: usize = 128;

/// Unknown claims may be there; known ones only once and of their type.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    nonce: String,
    role: String,
    customers: Vec<String>,
    parent: String,
}

/// As much of them as is read before they are believed.
#[derive(Deserialize)]
struct Issuer {
    iss: String,
}

/// Somebody for whom an embedder vouched, in a frame of that page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    pub identity: Identity,
    pub parent: String,
}

/// Says no more than the kind: which check failed is nobody's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    #[error("the assertion is not one that this portal believes")]
    Invalid,
    #[error("the assertion is outside its time")]
    Expired { server_time: Timestamp },
    #[error("the assertion was used before, or was made for another frame")]
    Replayed,
    #[error("this is not allowed to whoever embeds the portal")]
    NotAllowed,
    #[error("too many assertions are shown at the moment")]
    NoRoom,
}

pub struct Assertions {
    clock: SharedClock,
    /// Exactly what an assertion has as `aud`.
    audience: String,
    embedders: Vec<Embedder>,
    burnt: Burnt,
    /// An assertion of before was perhaps shown to the process before this one, which did not leave its list of used
    /// ones behind: it does not count. So a parent whose clock is behind ours is refused for that long after a restart.
    started_at: Timestamp,
}

impl Assertions {
    pub fn new(audience: String, embedders: Vec<Embedder>, clock: SharedClock) -> Self {
        let started_at = clock.now();
        Self { clock, audience, embedders, burnt: Burnt::with_room_for(NAMES_MAX), started_at }
    }

    /// The origins of every page that may frame the portal.
    pub fn origins(&self) -> BTreeSet<&str> {
        self.embedders.iter().flat_map(|embedder| &embedder.origins).map(String::as_str).collect()
    }

    /// Believes an assertion, once. From the signature on, having been shown uses it up, whatever becomes of it.
    pub fn verify(&self, assertion: &str, nonce: &str) -> Result<Vouched, AssertionError> {
        let (embedder, claims) = self.signed(assertion)?;
        let now = self.clock.now();
        if claims.aud != self.audience || !is_well_formed(&claims) {
            return Err(AssertionError::Invalid);
        }
        if !self.is_of_now(&claims, now) {
            return Err(AssertionError::Expired { server_time: now });
        }
        let until = Timestamp::from_second(claims.exp + REMEMBERED).map_err(|_| AssertionError::Invalid)?;
        self.burnt.burn(&embedder.issuer, &claims.jti, until, now).map_err(|error| match error {
            NotBurnt::Before => AssertionError::Replayed,
            NotBurnt::NoRoom => AssertionError::NoRoom,
        })?;
        if claims.nonce != nonce {
            return Err(AssertionError::Replayed);
        }
        vouched(embedder, claims)
    }

    /// The issuer is read before anything is believed, only to know whose keys to verify with.
    fn signed(&self, assertion: &str) -> Result<(&Embedder, Claims), AssertionError> {
        let invalid = |_| AssertionError::Invalid;
        let header = jsonwebtoken::decode_header(assertion).map_err(invalid)?;
        let kid = header.kid.ok_or(AssertionError::Invalid)?;
        if header.typ.as_deref() != Some(TYPE) || header.crit.is_some() || !ALGORITHMS.contains(&header.alg) {
            return Err(AssertionError::Invalid);
        }
        let claimed: Issuer = jsonwebtoken::dangerous::insecure_decode_claims(assertion).map_err(invalid)?;
        let embedder = self.embedders.iter().find(|embedder| embedder.issuer == claimed.iss);
        let embedder = embedder.ok_or(AssertionError::Invalid)?;
        let key = embedder.keys.find(&kid).ok_or(AssertionError::Invalid)?;
        // A key verifies its own algorithm only: what the header says decides nothing.
        let mut validation = Validation::new(key.algorithm);
        // All of these are checked here: the library takes what is missing for right, and has a clock of its own.
        validation.required_spec_claims.clear();
        (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
        let token = jsonwebtoken::decode::<Claims>(assertion, &key.key, &validation).map_err(invalid)?;
        match token.claims.iss == embedder.issuer {
            true => Ok((embedder, token.claims)),
            false => Err(AssertionError::Invalid),
        }
    }

    fn is_of_now(&self, claims: &Claims, now: Timestamp) -> bool {
        let now = now.as_second();
        now < claims.exp.saturating_add(SKEW)
            && claims.nbf <= now + SKEW
            && claims.iat <= now + SKEW
            && claims.iat >= now - AGE_MAX
            && claims.iat > self.started_at.as_second()
    }
}

fn is_well_formed(claims: &Claims) -> bool {
    let plain =
        |text: &str, max: usize| !text.is_empty() && text.chars().count() <= max && !text.chars().any(char::is_control);
    let named = (16..=64).contains(&claims.jti.len())
        && claims.jti.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    let life = claims.exp.checked_sub(claims.iat);
    named
        && plain(&claims.sub, SUBJECT_CHARS_MAX)
        && life.is_some_and(|life| (1..=LIFE_MAX).contains(&life))
        && claims.nbf < claims.exp
        && (1..=CUSTOMERS_MAX).contains(&claims.customers.len())
        && claims.customers.iter().all(|customer| plain(customer, CUSTOMER_CHARS_MAX))
}

fn vouched(embedder: &Embedder, claims: Claims) -> Result<Vouched, AssertionError> {
    let customers: BTreeSet<String> = claims.customers.into_iter().collect();
    let (kind, role) = match claims.role.as_str() {
        "customer" => (EmbeddedRole::Customer, Role::Customer { customers: customers.clone() }),
        "account_manager" => (EmbeddedRole::AccountManager, Role::AccountManager { only: Some(customers.clone()) }),
        _ => return Err(AssertionError::NotAllowed),
    };
    let named = embedder.customers.as_ref().is_none_or(|allowed| customers.is_subset(allowed));
    if !embedder.roles.contains(&kind) || !named || !embedder.origins.contains(&claims.parent) {
        return Err(AssertionError::NotAllowed);
    }
    let identity = Identity { issuer: embedder.issuer.clone(), subject: claims.sub.clone(), name: claims.sub, role };
    Ok(Vouched { identity, parent: claims.parent })
}
