//! `GET /sign-in/oidc` redirects to the identity provider, which redirects back to `GET /sign-in/oidc/callback`.
//!
//! Every failure ends on the sign-in page with a code; its reason is in the log.

use super::{
    attempt::SignInAttempt,
    cookie,
    oidc_flow::{Callback, LOGIN_MINUTES, LoginFailure, Pending},
    return_to::{safe_return_to, see_other},
};
use crate::error::HttpError;
use app::ui::SIGN_IN;
use axum::{
    extract::{Query, rejection::QueryRejection},
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, SET_COOKIE},
    },
    response::{IntoResponse, Response},
};
use muster_access::token::TokenHash;
use serde::Deserialize;

/// The name in the audit.
const METHOD: &str = "oidc";
/// The URLs contain codes and states.
const NO_STORE: (axum::http::HeaderName, HeaderValue) = (CACHE_CONTROL, HeaderValue::from_static("no-store"));

#[derive(Deserialize)]
pub struct BeginParameters {
    return_to: Option<String>,
}

pub async fn begin(
    attempt: SignInAttempt,
    parameters: Result<Query<BeginParameters>, QueryRejection>,
) -> Result<Response, HttpError> {
    let public_url = &attempt.sign_in.public_url;
    let flow = attempt.sign_in.oidc.as_ref().ok_or(HttpError::NotFound)?;
    let return_to = parameters.ok().and_then(|Query(parameters)| parameters.return_to);
    let (url, login) = match flow.provider.begin().await {
        Ok(started) => started,
        Err(error) => return refuse(&attempt, error.into()).await,
    };
    // Ends the browser's earlier attempt.
    if let Some(token) = cookie::token(&attempt.headers, public_url.login_cookie_name()) {
        flow.pending.end(TokenHash::of(token));
    }
    let return_to = safe_return_to(return_to.as_deref()).to_owned();
    let token = flow.pending.start(Pending { login, return_to })?;
    let cookie = cookie::set(public_url, public_url.login_cookie_name(), &token, Some(LOGIN_MINUTES * 60));
    Ok(([NO_STORE, (SET_COOKIE, cookie)], see_other(&url)).into_response())
}

pub async fn callback(
    attempt: SignInAttempt,
    parameters: Result<Query<Callback>, QueryRejection>,
) -> Result<Response, HttpError> {
    let public_url = &attempt.sign_in.public_url;
    let flow = attempt.sign_in.oidc.as_ref().ok_or(HttpError::NotFound)?;
    let token = cookie::token(&attempt.headers, public_url.login_cookie_name());
    let result = match parameters {
        Ok(Query(parameters)) => flow.finish(token, parameters).await,
        Err(_) => {
            if let Some(token) = token {
                flow.pending.end(TokenHash::of(token));
            }
            Err(LoginFailure::unexpected("the callback is malformed"))
        }
    };
    let mut response = match result {
        Ok((identity, return_to)) => attempt.complete(identity, &return_to).await?,
        Err(failure) => refuse(&attempt, failure).await?,
    };
    response.headers_mut().append(SET_COOKIE, cookie::forget(public_url, public_url.login_cookie_name()));
    Ok(([NO_STORE], response).into_response())
}

async fn refuse(attempt: &SignInAttempt, failure: LoginFailure) -> Result<Response, HttpError> {
    tracing::warn!("an OpenID Connect sign-in failed: {}", failure.reason);
    attempt.refuse(METHOD, failure.code).await?;
    Ok(see_other(&format!("{SIGN_IN}?said={}", failure.code)))
}
