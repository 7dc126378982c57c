//! `POST /sign-in/break-glass`: the emergency operator account.

use super::{
    attempt::SignInAttempt,
    return_to::{safe_return_to, see_other},
};
use crate::error::HttpError;
use app::ui::SIGN_IN;
use axum::{Form, response::Response};
use muster_access::{
    break_glass::BreakGlass,
    principal::{Identity, Role},
};
use serde::Deserialize;

const ISSUER: &str = "break-glass";

/// Whether an identity signed in with this account.
pub fn is_by(identity: &Identity, account: &BreakGlass) -> bool {
    identity.issuer == ISSUER && identity.subject == account.user
}

#[derive(Deserialize)]
pub struct Credentials {
    user: String,
    password: String,
    return_to: Option<String>,
}

pub async fn break_glass(attempt: SignInAttempt, Form(credentials): Form<Credentials>) -> Result<Response, HttpError> {
    let account = attempt.sign_in.break_glass.clone().ok_or(HttpError::NotFound)?;
    let Credentials { user, password, return_to } = credentials;
    // One attempt at a time, because hashing is deliberately slow.
    let _guard = attempt.sign_in.password_check.lock().await;
    let verified = tokio::task::spawn_blocking(move || account.verify(&user, &password).then_some(user)).await;
    let Ok(Some(user)) = verified else {
        tracing::warn!("a break-glass sign-in was refused");
        attempt.refuse(ISSUER, "wrong user or password").await?;
        return Ok(see_other(&format!("{SIGN_IN}?said=login_failed")));
    };
    tracing::warn!("the break-glass account signed in");
    let role = Role::Operator { command_output: true };
    let identity = Identity { issuer: ISSUER.to_owned(), subject: user.clone(), name: user, role };
    attempt.complete(identity, safe_return_to(return_to.as_deref())).await
}
