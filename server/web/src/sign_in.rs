//! How people sign in, and how a request is known to be theirs.

pub mod admit;
pub mod audit_link;
pub mod break_glass;
pub mod cookie;
pub mod demo;
pub mod ends;
pub mod identify;
pub mod oidc;
pub mod return_to;
pub mod sign_out;

use audit_link::{LinkEnds, is_by_link};
use axum::http::{HeaderMap, HeaderValue};
use demo::Person;
use muster_access::{
    assignments::Assignments,
    break_glass::BreakGlass,
    network::Networks,
    principal::{Identity, Principal},
    proxy::Proxy,
    public_url::PublicUrl,
    sessions::{NoSession, SIGNED_IN, Sessions},
    token::TokenHash,
};
use muster_core::clock::SharedClock;
use muster_model::viewer::SignInWays;
use oidc::Oidc;
use std::net::IpAddr;

pub struct SignIn {
    pub public_url: PublicUrl,
    /// Proxies that are believed about whom they hand on.
    pub trusted_proxies: Networks,
    pub assignments: Assignments,
    sessions: Sessions<Identity>,
    clock: SharedClock,
    pub link_ends: LinkEnds,
    /// The demo's people, who sign in with one click; nobody in a real portal.
    people: Vec<Person>,
    break_glass: Option<BreakGlass>,
    oidc: Option<Oidc>,
    proxy: Option<Proxy>,
    one_password_at_a_time: tokio::sync::Mutex<()>,
}

impl SignIn {
    pub fn new(public_url: PublicUrl, assignments: Assignments, clock: SharedClock) -> Self {
        Self {
            public_url,
            trusted_proxies: Networks::default(),
            assignments,
            sessions: Sessions::new(clock.clone(), SIGNED_IN),
            clock,
            link_ends: LinkEnds::default(),
            people: Vec::new(),
            break_glass: None,
            oidc: None,
            proxy: None,
            one_password_at_a_time: tokio::sync::Mutex::default(),
        }
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

    /// The demo's people.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    pub fn with_oidc(self, oidc: Option<Oidc>) -> Self {
        Self { oidc, ..self }
    }

    pub fn with_proxy(self, proxy: Option<Proxy>) -> Self {
        Self { proxy, ..self }
    }

    /// What the sign-in page offers.
    pub fn ways(&self) -> SignInWays {
        SignInWays {
            people: self.people.iter().map(Person::offer).collect(),
            break_glass: self.break_glass.is_some(),
            oidc: self.oidc.is_some(),
            proxy: self.proxy.is_some(),
        }
    }

    /// Whose session a request's cookie names, or whom the proxy vouches for, of whom no session is kept. `peer` is the
    /// machine at the other end of the connection.
    pub fn principal(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Option<Principal> {
        let token = cookie::token(headers, self.public_url.cookie_name());
        let of_session = token.and_then(|token| self.sessions.find(token));
        let of_session = of_session.filter(|identity| self.link_ends.lasts(identity, self.clock.now()));
        let identity = of_session.or_else(|| self.proxy.as_ref()?.identity(headers, peer))?;
        Some(self.assignments.principal(identity))
    }

    /// Whether a request names somebody as the proxy does, and is not the proxy's.
    pub fn is_vouched_for_by_no_proxy(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> bool {
        self.proxy.as_ref().is_some_and(|proxy| proxy.is_feigned(headers, peer))
    }

    /// Starts a session under a new id, and gives the cookie. The session that the browser had ends.
    pub fn start(&self, headers: &HeaderMap, identity: Identity) -> Result<HeaderValue, NoSession> {
        self.end(headers);
        let token = self.sessions.start(identity)?;
        Ok(cookie::set(&self.public_url, &token))
    }

    /// Who is in a session that has ended by itself and is still to be put on record.
    pub fn ended(&self) -> Vec<(TokenHash, Principal)> {
        let ended = self.sessions.ended().into_iter();
        ended.map(|(token, identity)| (token, self.assignments.principal(identity))).collect()
    }

    /// Forgets a session that has ended.
    pub fn forget(&self, token: &TokenHash) {
        self.sessions.forget(token);
    }

    /// Ends the request's own session.
    pub fn end(&self, headers: &HeaderMap) -> Option<Identity> {
        self.sessions.end(cookie::token(headers, self.public_url.cookie_name())?)
    }

    /// Ends every session of whoever sent the request.
    pub fn end_everywhere(&self, headers: &HeaderMap) -> usize {
        let Some(identity) = self.end(headers) else { return 0 };
        1 + self.sessions.end_all(|other| (&other.issuer, &other.subject) == (&identity.issuer, &identity.subject))
    }

    /// Ends an auditor's link and every session that came from it, and says how many.
    pub fn end_link(&self, link_id: &str) -> usize {
        self.link_ends.end(link_id);
        self.sessions.end_all(|identity| is_by_link(identity) && identity.subject == link_id)
    }
}
