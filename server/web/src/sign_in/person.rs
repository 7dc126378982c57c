//! Demo users, who sign in with one click (`POST /sign-in/demo`) and get ordinary sessions.

use super::{attempt::SignInAttempt, return_to::safe_return_to};
use crate::error::HttpError;
use axum::{Form, response::Response};
use muster_access::principal::Identity;
use muster_model::viewer::{SamplePerson, ViewerRole};
use serde::Deserialize;

/// A user of the demo.
#[derive(Clone)]
pub struct Person {
    /// The value that the form sends.
    pub code: &'static str,
    /// A description of what they see.
    pub sees: String,
    pub identity: Identity,
}

impl Person {
    /// The user as the sign-in page lists it.
    pub fn sample(&self) -> SamplePerson {
        SamplePerson {
            code: self.code.to_owned(),
            name: self.identity.name.clone(),
            role: ViewerRole::from(&self.identity.role),
            sees: self.sees.clone(),
        }
    }
}

#[derive(Deserialize)]
pub struct DemoForm {
    person: String,
    return_to: Option<String>,
}

pub async fn sign_in_as_sample(attempt: SignInAttempt, Form(form): Form<DemoForm>) -> Result<Response, HttpError> {
    let person = attempt.sign_in.people().iter().find(|person| person.code == form.person);
    let identity = person.ok_or(HttpError::NotFound)?.identity.clone();
    attempt.complete(identity, safe_return_to(form.return_to.as_deref())).await
}
