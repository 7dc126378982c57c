//! What an embedding page says about its user: a signed assertion that lives for a minute, is made for one frame's
//! nonce, and counts once. Whoever vouches is one of the configured embedders; what it may say is bounded here.

use super::{
    burnt::{Burnt, NAMES_MAX, NotBurnt},
    embedder::{EmbeddedRole, Embedder},
    jwt::{Refused, Unverified, claims::Claims, times::Times},
    principal::{Identity, Role},
};
use jiff::Timestamp;
use muster_core::clock::SharedClock;
use std::collections::BTreeSet;

/// The header's `typ`: a token made for anything else is no assertion.
pub const TYPE: &str = "vmm-embed+jwt";
/// Seconds from `iat` to `exp`.
const LIFE_MAX: i64 = 60;
/// Seconds after which an assertion is old whatever it says.
const AGE_MAX: i64 = 120;
/// Seconds after `exp` for which a `jti` is remembered: longer than it could still be believed.
const REMEMBERED: i64 = 60;
const SUBJECT_CHARS_MAX: usize = 255;
const CUSTOMERS_MAX: usize = 500;
const CUSTOMER_CHARS_MAX: usize = 128;

/// What an assertion says, each part of its type and within its bounds. Unknown claims may be there too.
struct Said {
    times: Times,
    jti: String,
    nonce: String,
    subject: String,
    role: String,
    customers: BTreeSet<String>,
    parent: String,
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
        let said = Said::read(&claims, &self.audience)?;
        let now = self.clock.now();
        let is_of_now = said.times.check(now.as_second(), AGE_MAX).is_ok();
        if !is_of_now || said.times.made <= self.started_at.as_second() {
            return Err(AssertionError::Expired { server_time: now });
        }
        let until = Timestamp::from_second(said.times.ends + REMEMBERED).map_err(|_| AssertionError::Invalid)?;
        self.burnt.burn(&embedder.issuer, &said.jti, until, now).map_err(|error| match error {
            NotBurnt::Before => AssertionError::Replayed,
            NotBurnt::NoRoom => AssertionError::NoRoom,
        })?;
        if said.nonce != nonce {
            return Err(AssertionError::Replayed);
        }
        vouched(embedder, said)
    }

    /// The issuer is read before anything is believed, only to know whose keys to verify with.
    fn signed(&self, assertion: &str) -> Result<(&Embedder, Claims), AssertionError> {
        let token = Unverified::read(assertion)?;
        if token.kind.as_deref() != Some(TYPE) {
            return Err(AssertionError::Invalid);
        }
        let claimed = token.claimed()?;
        let issuer = claimed.text("iss")?;
        let embedder = self.embedders.iter().find(|embedder| embedder.issuer == issuer);
        let embedder = embedder.ok_or(AssertionError::Invalid)?;
        let key = embedder.keys.find(&token.key_id, token.scheme).ok_or(AssertionError::Invalid)?;
        Ok((embedder, token.verify(&key)?))
    }
}

/// Whatever is wrong with a token.
impl From<Refused> for AssertionError {
    fn from(_: Refused) -> Self {
        Self::Invalid
    }
}

impl Said {
    fn read(claims: &Claims, audience: &str) -> Result<Self, AssertionError> {
        let text = |name: &'static str| claims.text(name).map(str::to_owned);
        let customers = claims.list("customers").ok_or(AssertionError::Invalid)?;
        let is_named = (1..=CUSTOMERS_MAX).contains(&customers.len())
            && customers.iter().all(|customer| is_plain(customer, CUSTOMER_CHARS_MAX));
        let customers = customers.into_iter().map(str::to_owned).collect();
        let said = Self {
            times: Times::read(claims)?,
            jti: text("jti")?,
            nonce: text("nonce")?,
            subject: text("sub")?,
            role: text("role")?,
            customers,
            parent: text("parent")?,
        };
        let right = claims.text("aud")? == audience
            && is_named
            && is_plain(&said.subject, SUBJECT_CHARS_MAX)
            && (16..=64).contains(&said.jti.len())
            && said.jti.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
            && said.times.lives(LIFE_MAX)
            && said.times.ends > said.times.made
            && said.times.begins.is_some_and(|begins| begins < said.times.ends);
        if right { Ok(said) } else { Err(AssertionError::Invalid) }
    }
}

fn is_plain(text: &str, chars_max: usize) -> bool {
    !text.is_empty() && text.chars().count() <= chars_max && !text.chars().any(char::is_control)
}

fn vouched(embedder: &Embedder, said: Said) -> Result<Vouched, AssertionError> {
    let customers = said.customers;
    let (kind, role) = match said.role.as_str() {
        "customer" => (EmbeddedRole::Customer, Role::Customer { customers: customers.clone() }),
        "account_manager" => (EmbeddedRole::AccountManager, Role::AccountManager { only: Some(customers.clone()) }),
        _ => return Err(AssertionError::NotAllowed),
    };
    let named = embedder.customers.as_ref().is_none_or(|allowed| customers.is_subset(allowed));
    if !embedder.roles.contains(&kind) || !named || !embedder.origins.contains(&said.parent) {
        return Err(AssertionError::NotAllowed);
    }
    let identity =
        Identity { issuer: embedder.issuer.clone(), subject: said.subject.clone(), name: said.subject, role };
    Ok(Vouched { identity, parent: said.parent })
}
