//! `POST /sign-in/demo`: demo users sign in with one click and get ordinary sessions.

use super::{attempt::SignInAttempt, return_to::safe_return_to};
use crate::error::HttpError;
use axum::{Form, response::Response};
use serde::Deserialize;

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
