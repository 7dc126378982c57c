//! `POST /sign-in/break-glass`: the portal's own operator, with a password.

use super::{
    admit::{admit, refuse},
    return_to::{return_to, see_other},
};
use crate::{error::HttpError, state::ServerState};
use app::ui::SIGN_IN;
use axum::{
    Form,
    extract::State,
    http::{Extensions, HeaderMap, header::SET_COOKIE},
    response::Response,
};
use muster_access::principal::{Identity, Role};
use serde::Deserialize;

const ISSUER: &str = "break-glass";

#[derive(Deserialize)]
pub struct Credentials {
    user: String,
    password: String,
    return_to: Option<String>,
}

pub async fn break_glass(
    State(state): State<ServerState>,
    extensions: Extensions,
    headers: HeaderMap,
    Form(credentials): Form<Credentials>,
) -> Result<Response, HttpError> {
    let door = state.sign_in.break_glass.clone().ok_or(HttpError::NotFound)?;
    let Credentials { user, password, return_to: wanted } = credentials;
    // Hashing is slow on purpose: one try at a time, so that it cannot be made to use up the machine.
    let _turn = state.sign_in.one_password_at_a_time.lock().await;
    let admitted = tokio::task::spawn_blocking(move || door.admits(&user, &password).then_some(user)).await;
    let Ok(Some(user)) = admitted else {
        tracing::warn!("somebody tried the break-glass sign-in and was refused");
        refuse(&state, &extensions, ISSUER, "wrong user or password").await?;
        return Ok(see_other(&format!("{SIGN_IN}?said=login_failed")));
    };
    tracing::warn!("the break-glass sign-in was used");
    let role = Role::Operator { command_output: true };
    let identity = Identity { issuer: ISSUER.to_owned(), subject: user.clone(), name: user, role };
    let cookie = admit(&state, &extensions, &headers, identity).await?;
    let mut response = see_other(return_to(wanted.as_deref()));
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}
