//! `POST /sign-out`: ends this session, or with `everywhere=1` all sessions of the caller.

use super::{SignIn, cookie, return_to::see_other};
use crate::{audit_trail::AuditTrail, error::HttpError, request::connection_ip};
use app::ui::SIGN_IN;
use axum::{
    Form,
    extract::State,
    http::{Extensions, HeaderMap, header::SET_COOKIE},
    response::{IntoResponse, Response},
};
use muster_audit::event::{Action, Event, Outcome};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
pub struct SignOutForm {
    everywhere: Option<String>,
}

/// Sign-out succeeds even if it cannot be audited; the response reports the failure.
pub async fn sign_out(
    State(sign_in): State<Arc<SignIn>>,
    trail: AuditTrail,
    extensions: Extensions,
    headers: HeaderMap,
    Form(form): Form<SignOutForm>,
) -> Result<Response, HttpError> {
    let principal = sign_in.principal(&headers, connection_ip(&extensions));
    let sessions = match form.everywhere {
        Some(_) => sign_in.end_everywhere(&headers),
        None => usize::from(sign_in.end(&headers).is_some()),
    };
    if let Some(principal) = principal {
        let event = Event::new(Action::SignOut, Outcome::Ok).by(&principal);
        trail.record(event.detail(&format!("{sessions} sessions"))).await?;
    }
    let cookie = cookie::forget(&sign_in.public_url, sign_in.public_url.cookie_name());
    Ok(([(SET_COOKIE, cookie)], see_other(&format!("{SIGN_IN}?said=signed_out"))).into_response())
}
