//! `POST /sign-out`: ends this session, or with `everywhere=1` every one of the same person.

use super::{cookie, identify::connection, return_to::see_other};
use crate::{audited::record, error::HttpError, state::ServerState};
use app::ui::SIGN_IN;
use axum::{
    Form,
    extract::State,
    http::{Extensions, HeaderMap, header::SET_COOKIE},
    response::Response,
};
use muster_audit::event::{Action, Event, Outcome};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct SignOut {
    everywhere: Option<String>,
}

/// The one thing that is done though it cannot be recorded: whoever wants to leave is not kept. They are told all the same.
pub async fn sign_out(
    State(state): State<ServerState>,
    extensions: Extensions,
    headers: HeaderMap,
    Form(form): Form<SignOut>,
) -> Result<Response, HttpError> {
    let principal = state.sign_in.principal(&headers, connection(&extensions));
    let sessions = match form.everywhere {
        Some(_) => state.sign_in.end_everywhere(&headers),
        None => usize::from(state.sign_in.end(&headers).is_some()),
    };
    if let Some(principal) = principal {
        let event = Event::new(Action::SignOut, Outcome::Ok).by(&principal);
        record(&state, &extensions, event.saying(&format!("{sessions} sessions"))).await?;
    }
    let mut response = see_other(&format!("{SIGN_IN}?said=signed_out"));
    response.headers_mut().insert(SET_COOKIE, cookie::forget(&state.sign_in.public_url));
    Ok(response)
}
