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
use std::{collections::BTreeSet, sync::Arc};

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
/// Of a text in a log.
const LOGGED_CHARS_MAX: usize = 100;

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

/// A refused assertion: what its sender may learn, and the reason for the operator's log. The reason names claims, and of
/// their values only those that are no personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedAssertion {
    pub error: AssertionError,
    pub reason: String,
}

pub struct Assertions {
    clock: SharedClock,
    /// The exact `aud` of an assertion.
    audience: String,
    embedders: Vec<Embedder>,
    replay_cache: Arc<ReplayCache>,
    /// The replay cache does not survive a restart, so assertions from before it are refused. An embedder whose clock is
    /// behind is therefore refused for as long after a restart.
    started_at: Timestamp,
}

impl Assertions {
    pub fn new(audience: String, embedders: Vec<Embedder>, clock: SharedClock) -> Self {
        let started_at = clock.now();
        Self { clock, audience, embedders, replay_cache: Arc::new(ReplayCache::new(ENTRIES_MAX)), started_at }
    }

    /// The origins of all pages that may frame the portal.
    pub fn origins(&self) -> BTreeSet<&str> {
        self.embedders.iter().flat_map(|embedder| &embedder.origins).map(String::as_str).collect()
    }

    /// Continues where `earlier` was: what was used there stays used.
    pub fn continuing(self, earlier: &Self) -> Self {
        Self { replay_cache: earlier.replay_cache.clone(), started_at: earlier.started_at, ..self }
    }

    /// Whether a session that an assertion started may go on: its embedder is still configured and may name all of it.
    pub fn accepts(&self, session: &VerifiedAssertion) -> bool {
        let identity = &session.identity;
        let (role, customers) = match &identity.role {
            Role::Customer { customers } => (EmbeddedRole::Customer, Some(customers)),
            Role::AccountManager { only } => (EmbeddedRole::AccountManager, only.as_ref()),
            Role::Operator { .. } | Role::Auditor { .. } => return false,
        };
        self.embedders.iter().any(|embedder| {
            let may_name = |named| embedder.customers.as_ref().is_none_or(|allowed| allowed.is_superset(named));
            embedder.issuer == identity.issuer
                && embedder.origins.contains(&session.parent)
                && embedder.roles.contains(&role)
                && customers.is_none_or(may_name)
        })
    }

    /// Verifies an assertion. Once its signature is valid it is used up, even if a later check fails.
    pub fn verify(&self, assertion: &str, nonce: &str) -> Result<VerifiedAssertion, RefusedAssertion> {
        let (embedder, claims) = self.verify_signature(assertion)?;
        let claims = AssertionClaims::read(&claims, &self.audience)?;
        let (now, times) = (self.clock.now(), &claims.times);
        let expired = AssertionError::Expired { server_time: now };
        if let Err(error) = times.check(now.as_second(), AGE_MAX_SECONDS) {
            let (iat, exp, now) = (times.issued_at, times.expires_at, now.as_second());
            return Err(expired.because(format!("{error} (`iat` {iat}, `exp` {exp}, our clock {now})")));
        }
        if times.issued_at <= self.started_at.as_second() {
            return Err(expired.because("it was issued before the portal started"));
        }
        let remember_until = Timestamp::from_second(times.expires_at + REMEMBERED_SECONDS);
        let remember_until = remember_until.map_err(|_| JwtError::Time("exp"))?;
        let first_use = self.replay_cache.insert(&embedder.issuer, &claims.jti, remember_until, now);
        first_use.map_err(|error| match error {
            AssertionError::Replayed => error.because("its `jti` was used before"),
            error => error.because("too many assertions are remembered"),
        })?;
        if claims.nonce != nonce {
            return Err(AssertionError::Replayed.because("its `nonce` is not the one of the frame that sent it"));
        }
        authorize(embedder, claims)
    }

    /// The unverified `iss` only selects whose keys verify the signature.
    fn verify_signature(&self, assertion: &str) -> Result<(&Embedder, Claims), RefusedAssertion> {
        let token = UnverifiedJwt::read(assertion)?;
        if token.token_type.as_deref() != Some(TYPE) {
            return Err(JwtError::Header("typ").into());
        }
        let unverified = token.unverified_claims()?;
        let issuer = unverified.text("iss")?;
        let embedder = self.embedders.iter().find(|embedder| embedder.issuer == issuer);
        let embedder = embedder.ok_or_else(|| {
            AssertionError::Invalid.because(format!("no [[embedder]] has the issuer `{}`", quoted(issuer)))
        })?;
        let key = embedder.keys.find(&token.key_id, token.algorithm).ok_or(JwtError::UnknownKey);
        let verified = key.and_then(|key| token.verify(&key));
        let of_issuer =
            |error: JwtError| AssertionError::Invalid.because(format!("{error} (issuer `{}`)", embedder.issuer));
        Ok((embedder, verified.map_err(of_issuer)?))
    }
}

/// A text of somebody who is not signed in, for a log.
fn quoted(text: &str) -> String {
    text.chars().take(LOGGED_CHARS_MAX).flat_map(char::escape_debug).collect()
}

impl AssertionError {
    /// Adds the reason for the operator's log.
    pub fn because(self, reason: impl Into<String>) -> RefusedAssertion {
        RefusedAssertion { error: self, reason: reason.into() }
    }
}

impl From<JwtError> for RefusedAssertion {
    fn from(error: JwtError) -> Self {
        AssertionError::Invalid.because(error.to_string())
    }
}

impl AssertionClaims {
    fn read(claims: &Claims, audience: &str) -> Result<Self, RefusedAssertion> {
        let text = |name: &'static str| claims.text(name).map(str::to_owned);
        let named = claims.text("aud")?;
        if named != audience {
            let reason = format!("its `aud` is `{}`, not `{audience}`", quoted(named));
            return Err(AssertionError::Invalid.because(reason));
        }
        let customers = claims.list("customers").ok_or(JwtError::Claim("customers"))?;
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
        let is_jti_valid = (16..=64).contains(&read.jti.len())
            && read.jti.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        for (name, is_valid) in [
            ("customers", are_customers_valid),
            ("sub", is_plain(&read.subject, SUBJECT_CHARS_MAX)),
            ("jti", is_jti_valid),
            ("exp", read.times.lifetime_seconds() <= LIFETIME_MAX_SECONDS),
            ("exp", read.times.expires_at > read.times.issued_at),
            ("nbf", read.times.not_before.is_some_and(|not_before| not_before < read.times.expires_at)),
        ] {
            if !is_valid {
                return Err(JwtError::Claim(name).into());
            }
        }
        Ok(read)
    }
}

fn is_plain(text: &str, chars_max: usize) -> bool {
    !text.is_empty() && text.chars().count() <= chars_max && !text.chars().any(char::is_control)
}

/// Checks the role, customers and parent against what this embedder may sign.
fn authorize(embedder: &Embedder, claims: AssertionClaims) -> Result<VerifiedAssertion, RefusedAssertion> {
    let customers = claims.customers;
    let not_allowed = |what: &str| {
        AssertionError::NotAllowed.because(format!("the [[embedder]] `{}` may not name {what}", embedder.issuer))
    };
    let (embedded_role, role) = match claims.role.as_str() {
        "customer" => (EmbeddedRole::Customer, Role::Customer { customers: customers.clone() }),
        "account_manager" => (EmbeddedRole::AccountManager, Role::AccountManager { only: Some(customers.clone()) }),
        role => return Err(not_allowed(&format!("the role `{}`", quoted(role)))),
    };
    if !embedder.roles.contains(&embedded_role) {
        return Err(not_allowed(&format!("the role `{}`", claims.role)));
    }
    if embedder.customers.as_ref().is_some_and(|allowed| !customers.is_subset(allowed)) {
        return Err(not_allowed("each of these customers"));
    }
    if !embedder.origins.contains(&claims.parent) {
        return Err(not_allowed(&format!("the parent `{}`", quoted(&claims.parent))));
    }
    let identity =
        Identity { issuer: embedder.issuer.clone(), subject: claims.subject.clone(), name: claims.subject, role };
    Ok(VerifiedAssertion { identity, parent: claims.parent })
}
