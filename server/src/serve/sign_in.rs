//! How people sign in, and how a request is known to be theirs.

pub mod break_glass;
pub mod cookie;
pub mod demo;
pub mod identify;
pub mod return_to;
pub mod sign_out;

use crate::{
    access::{
        assignments::Assignments,
        break_glass::BreakGlass,
        principal::{Identity, Principal},
        public_url::PublicUrl,
        sessions::{NoSession, SIGNED_IN, Sessions},
    },
    clock::SharedClock,
};
use app::model::viewer::SignInWays;
use axum::http::{HeaderMap, HeaderValue};
use demo::Person;

pub struct SignIn {
    pub public_url: PublicUrl,
    pub assignments: Assignments,
    sessions: Sessions<Identity>,
    /// The demo's people, who sign in with one click; nobody in a real portal.
    people: Vec<Person>,
    break_glass: Option<BreakGlass>,
    one_password_at_a_time: tokio::sync::Mutex<()>,
}

impl SignIn {
    pub fn new(public_url: PublicUrl, assignments: Assignments, clock: SharedClock) -> Self {
        Self {
            public_url,
            assignments,
            sessions: Sessions::new(clock, SIGNED_IN),
            people: Vec::new(),
            break_glass: None,
            one_password_at_a_time: tokio::sync::Mutex::default(),
        }
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

    /// What the sign-in page offers.
    pub fn ways(&self) -> SignInWays {
        SignInWays { people: self.people.iter().map(Person::offer).collect(), break_glass: self.break_glass.is_some() }
    }

    /// Whose session a request's cookie names.
    pub fn principal(&self, headers: &HeaderMap) -> Option<Principal> {
        let token = cookie::token(headers, self.public_url.cookie_name())?;
        Some(self.assignments.principal(self.sessions.find(token)?))
    }

    /// Starts a session under a new id, and gives the cookie. The session that the browser had ends.
    pub fn start(&self, headers: &HeaderMap, identity: Identity) -> Result<HeaderValue, NoSession> {
        self.end(headers);
        let token = self.sessions.start(identity)?;
        Ok(cookie::set(&self.public_url, &token))
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
}
