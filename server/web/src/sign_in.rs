//! Sign-in methods, sessions, and the authentication of requests.

pub mod attempt;
pub mod audit_link;
pub mod break_glass;
pub mod cookie;
pub mod expiry;
pub mod identify;
pub mod link_expiry;
pub mod oidc;
pub mod oidc_flow;
pub mod person;
pub mod return_to;
pub mod sign_out;

use axum::http::{HeaderMap, HeaderValue};
use link_expiry::{LinkExpiry, is_by_link};
use muster_access::{
    assignments::Assignments,
    break_glass::BreakGlass,
    network::Networks,
    principal::{Identity, Principal},
    proxy::Proxy,
    public_url::PublicUrl,
    sessions::{SIGNED_IN, SessionError, Sessions},
    token::TokenHash,
};
use muster_core::clock::SharedClock;
use muster_model::viewer::SignInWays;
use oidc_flow::OidcFlow;
use person::Person;
use std::{net::IpAddr, sync::Arc};

pub struct SignIn {
    pub public_url: PublicUrl,
    /// Reverse proxies whose `X-Forwarded-…` headers are trusted.
    pub trusted_proxies: Networks,
    pub assignments: Assignments,
    sessions: Arc<Sessions<Identity>>,
    clock: SharedClock,
    link_expiry: Arc<LinkExpiry>,
    /// Demo users. Empty in a real portal.
    people: Vec<Person>,
    break_glass: Option<BreakGlass>,
    oidc: Option<OidcFlow>,
    proxy: Option<Proxy>,
    /// Held while a password is checked.
    password_check: Arc<tokio::sync::Mutex<()>>,
}

impl SignIn {
    pub fn new(public_url: PublicUrl, assignments: Assignments, clock: SharedClock) -> Self {
        Self {
            public_url,
            trusted_proxies: Networks::default(),
            assignments,
            sessions: Arc::new(Sessions::new(clock.clone(), SIGNED_IN)),
            clock,
            link_expiry: Arc::default(),
            people: Vec::new(),
            break_glass: None,
            oidc: None,
            proxy: None,
            password_check: Arc::default(),
        }
    }

    /// Continues where `earlier` was, before the access file changed: people stay signed in, unless by a method, or at a
    /// provider, that is no longer configured.
    pub fn continuing(self, earlier: &Self) -> Self {
        let sign_in = Self {
            sessions: earlier.sessions.clone(),
            link_expiry: earlier.link_expiry.clone(),
            password_check: earlier.password_check.clone(),
            oidc: self.oidc.map(|oidc| match &earlier.oidc {
                Some(earlier) => oidc.continuing(earlier),
                None => oidc,
            }),
            ..self
        };
        let ended = sign_in.sessions.end_all(|identity| !sign_in.accepts(identity));
        if ended > 0 {
            tracing::info!(sessions.ended = ended, "sessions ended, because their sign-in method was removed");
        }
        sign_in
    }

    /// Whether an identity could sign in as the portal is configured.
    fn accepts(&self, identity: &Identity) -> bool {
        let is_break_glass = |account: &BreakGlass| break_glass::is_by(identity, account);
        let is_at_provider = |oidc: &OidcFlow| oidc.provider.issuer() == identity.issuer;
        is_by_link(identity)
            || self.break_glass.as_ref().is_some_and(is_break_glass)
            || self.oidc.as_ref().is_some_and(is_at_provider)
            || self.people.iter().any(|person| person.identity.issuer == identity.issuer)
    }

    pub fn with_trusted_proxies(self, trusted_proxies: Networks) -> Self {
        Self { trusted_proxies, ..self }
    }

    pub fn with_people(self, people: Vec<Person>) -> Self {
        Self { people, ..self }
    }

    pub fn with_break_glass(self, break_glass: Option<BreakGlass>) -> Self {
        Self { break_glass, ..self }
    }

    pub fn with_oidc(self, oidc: Option<OidcFlow>) -> Self {
        Self { oidc, ..self }
    }

    pub fn with_proxy(self, proxy: Option<Proxy>) -> Self {
        Self { proxy, ..self }
    }

    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// The methods that the sign-in page offers.
    pub fn ways(&self) -> SignInWays {
        SignInWays {
            people: self.people.iter().map(Person::sample).collect(),
            break_glass: self.break_glass.is_some(),
            oidc: self.oidc.is_some(),
            proxy: self.proxy.is_some(),
        }
    }

    /// The caller of a request: of the session in its cookie, or as the authenticating proxy names it. `peer` is the
    /// address of the connection.
    pub fn principal(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Option<Principal> {
        let by_session = self.token(headers).and_then(|token| self.sessions.find(token));
        let by_session = by_session.filter(|identity| self.link_expiry.is_valid(identity, self.clock.now()));
        let identity = by_session.or_else(|| self.proxy.as_ref()?.identity(headers, peer))?;
        Some(self.assignments.principal(identity))
    }

    /// Whether a request is of a session whose auditor link has expired or was revoked.
    pub fn has_ended_link(&self, headers: &HeaderMap) -> bool {
        let identity = self.token(headers).and_then(|token| self.sessions.find(token));
        identity.is_some_and(|identity| !self.link_expiry.is_valid(&identity, self.clock.now()))
    }

    /// Whether a request has the authenticating proxy's headers but is not from the proxy.
    pub fn has_forged_proxy_headers(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> bool {
        self.proxy.as_ref().is_some_and(|proxy| proxy.has_forged_headers(headers, peer))
    }

    /// Starts a session under a new token and returns its cookie. Ends the browser's earlier session.
    pub fn start(&self, headers: &HeaderMap, identity: Identity) -> Result<HeaderValue, SessionError> {
        self.end(headers);
        let token = self.sessions.start(identity)?;
        Ok(cookie::set(&self.public_url, self.public_url.cookie_name(), &token, None))
    }

    /// The expired sessions, which stay until they are removed.
    pub fn expired(&self) -> Vec<(TokenHash, Principal)> {
        let expired = self.sessions.expired().into_iter();
        expired.map(|(token, identity)| (token, self.assignments.principal(identity))).collect()
    }

    pub fn remove(&self, token: TokenHash) {
        self.sessions.end(token);
    }

    /// Ends the session of a request.
    pub fn end(&self, headers: &HeaderMap) -> Option<Identity> {
        self.sessions.end(self.token(headers)?)
    }

    /// Ends the session of a request and all others of the same user, and returns how many.
    pub fn end_everywhere(&self, headers: &HeaderMap) -> usize {
        let Some(identity) = self.end(headers) else { return 0 };
        1 + self.sessions.end_all(|other| (&other.issuer, &other.subject) == (&identity.issuer, &identity.subject))
    }

    /// Revokes an auditor link and ends its sessions, and returns how many.
    pub fn end_link(&self, link_id: &str) -> usize {
        self.link_expiry.revoke(link_id);
        self.sessions.end_all(|identity| is_by_link(identity) && identity.subject == link_id)
    }

    fn token(&self, headers: &HeaderMap) -> Option<TokenHash> {
        cookie::token(headers, self.public_url.cookie_name()).map(TokenHash::of)
    }
}
