//! Sign-in assertions of embedding pages: signed tokens that live for a minute, are bound to one frame's nonce and are
//! accepted once. Only configured embedders may sign them, and each only within its own limits.

use super::{
    embedder::{EmbeddedRole, Embedder},
    jwt::{UnverifiedJwt, claims::Claims, error::JwtError, times::TimeClaims},
    principal::{Identity, Role},
    replay_cache::{ENTRIES_MAX, ReplayCache},
};
use jiff::Timestamp;
use muster_core::clock::SharedClock;
use std::collections::BTreeSet;

/// The required `typ` header. A token of another type is not an assertion.
pub const TYPE: &str = "vmm-embed+jwt";
/// From `iat` to `exp`.
const LIFETIME_MAX_SECONDS: i64 = 60;
const AGE_MAX_SECONDS: i64 = 120;
/// How long after `exp` a `jti` is remembered. Must be longer than the clock leeway.
const REMEMBERED_SECONDS: i64 = 60;
const SUBJECT_CHARS_MAX: usize = 255;
const CUSTOMERS_MAX: usize = 500;
const CUSTOMER_CHARS_MAX: usize = 128;

/// The claims of an assertion, each of its type and within its bounds. Unknown claims are ignored.
struct AssertionClaims {
    times: TimeClaims,
    jti: String,
    nonce: String,
    subject: String,
    role: String,
    customers: BTreeSet<String>,
    parent: String,
}

/// A user that an embedding page signed in, and the origin of that page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedAssertion {
    pub identity: Identity,
    pub parent: String,
}

/// Names the kind of error only. Which check failed must not be disclosed to the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    #[error("the assertion is invalid")]
    Invalid,
    #[error("the assertion is expired or not yet valid")]
    Expired { server_time: Timestamp },
    #[error("the assertion was used before or is for another frame")]
    Replayed,
    #[error("the embedding page may not sign in this user")]
    NotAllowed,
    #[error("the replay cache is full")]
    ReplayCacheFull,
}

pub struct Assertions {
    clock: SharedClock,
    /// The exact `aud` of an assertion.
    audience: String,
    embedders: Vec<Embedder>,
    replay_cache: ReplayCache,
    /// The replay cache does not survive a restart, so assertions from before it are refused. An embedder whose clock is
    /// behind is therefore refused for as long after a restart.
    started_at: Timestamp,
}

impl Assertions {
    pub fn new(audience: String, embedders: Vec<Embedder>, clock: SharedClock) -> Self {
        let started_at = clock.now();
        Self { clock, audience, embedders, replay_cache: ReplayCache::new(ENTRIES_MAX), started_at }
    }

    /// The origins of all pages that may frame the portal.
    pub fn origins(&self) -> BTreeSet<&str> {
        self.embedders.iter().flat_map(|embedder| &embedder.origins).map(String::as_str).collect()
    }

    /// Verifies an assertion. Once its signature is valid it is used up, even if a later check fails.
    pub fn verify(&self, assertion: &str, nonce: &str) -> Result<VerifiedAssertion, AssertionError> {
        let (embedder, claims) = self.verify_signature(assertion)?;
        let claims = AssertionClaims::read(&claims, &self.audience)?;
        let now = self.clock.now();
        let is_current = claims.times.check(now.as_second(), AGE_MAX_SECONDS).is_ok();
        if !is_current || claims.times.issued_at <= self.started_at.as_second() {
            return Err(AssertionError::Expired { server_time: now });
        }
        let remember_until = Timestamp::from_second(claims.times.expires_at + REMEMBERED_SECONDS);
        let remember_until = remember_until.map_err(|_| AssertionError::Invalid)?;
        self.replay_cache.insert(&embedder.issuer, &claims.jti, remember_until, now)?;
        if claims.nonce != nonce {
            return Err(AssertionError::Replayed);
        }
        authorize(embedder, claims)
    }

    /// The unverified `iss` only selects whose keys verify the signature.
    fn verify_signature(&self, assertion: &str) -> Result<(&Embedder, Claims), AssertionError> {
        let token = UnverifiedJwt::read(assertion)?;
        if token.token_type.as_deref() != Some(TYPE) {
            return Err(AssertionError::Invalid);
        }
        let unverified = token.unverified_claims()?;
        let issuer = unverified.text("iss")?;
        let embedder = self.embedders.iter().find(|embedder| embedder.issuer == issuer);
        let embedder = embedder.ok_or(AssertionError::Invalid)?;
        let key = embedder.keys.find(&token.key_id, token.algorithm).ok_or(AssertionError::Invalid)?;
        Ok((embedder, token.verify(&key)?))
    }
}

impl From<JwtError> for AssertionError {
    fn from(_: JwtError) -> Self {
        Self::Invalid
    }
}

impl AssertionClaims {
    fn read(claims: &Claims, audience: &str) -> Result<Self, AssertionError> {
        let text = |name: &'static str| claims.text(name).map(str::to_owned);
        let customers = claims.list("customers").ok_or(AssertionError::Invalid)?;
        let are_customers_valid = (1..=CUSTOMERS_MAX).contains(&customers.len())
            && customers.iter().all(|customer| is_plain(customer, CUSTOMER_CHARS_MAX));
        let customers = customers.into_iter().map(str::to_owned).collect();
        let read = Self {
            times: TimeClaims::read(claims)?,
            jti: text("jti")?,
            nonce: text("nonce")?,
            subject: text("sub")?,
            role: text("role")?,
            customers,
            parent: text("parent")?,
        };
        let is_valid = claims.text("aud")? == audience
            && are_customers_valid
            && is_plain(&read.subject, SUBJECT_CHARS_MAX)
            && (16..=64).contains(&read.jti.len())
            && read.jti.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
            && read.times.lifetime_seconds() <= LIFETIME_MAX_SECONDS
            && read.times.expires_at > read.times.issued_at
            && read.times.not_before.is_some_and(|not_before| not_before < read.times.expires_at);
        if is_valid { Ok(read) } else { Err(AssertionError::Invalid) }
    }
}

fn is_plain(text: &str, chars_max: usize) -> bool {
    !text.is_empty() && text.chars().count() <= chars_max && !text.chars().any(char::is_control)
}

/// Checks the role, customers and parent against what this embedder may sign.
fn authorize(embedder: &Embedder, claims: AssertionClaims) -> Result<VerifiedAssertion, AssertionError> {
    let customers = claims.customers;
    let (embedded_role, role) = match claims.role.as_str() {
        "customer" => (EmbeddedRole::Customer, Role::Customer { customers: customers.clone() }),
        "account_manager" => (EmbeddedRole::AccountManager, Role::AccountManager { only: Some(customers.clone()) }),
        _ => return Err(AssertionError::NotAllowed),
    };
    let are_customers_allowed = embedder.customers.as_ref().is_none_or(|allowed| customers.is_subset(allowed));
    if !embedder.roles.contains(&embedded_role) || !are_customers_allowed || !embedder.origins.contains(&claims.parent)
    {
        return Err(AssertionError::NotAllowed);
    }
    let identity =
        Identity { issuer: embedder.issuer.clone(), subject: claims.subject.clone(), name: claims.subject, role };
    Ok(VerifiedAssertion { identity, parent: claims.parent })
}
