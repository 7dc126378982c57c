//! `POST /sign-out`: ends this session, or with `everywhere=1` every one of the same person.

use super::{cookie, return_to::see_other};
use crate::serve::state::ServerState;
use app::ui::SIGN_IN;
use axum::{
    Form,
    extract::State,
    http::{HeaderMap, header::SET_COOKIE},
    response::Response,
};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct SignOut {
    everywhere: Option<String>,
}

pub async fn sign_out(State(state): State<ServerState>, headers: HeaderMap, Form(form): Form<SignOut>) -> Response {
    match form.everywhere {
        Some(_) => drop(state.sign_in.end_everywhere(&headers)),
        None => drop(state.sign_in.end(&headers)),
    }
    let mut response = see_other(&format!("{SIGN_IN}?said=signed_out"));
    response.headers_mut().insert(SET_COOKIE, cookie::forget(&state.sign_in.public_url));
    response
}
