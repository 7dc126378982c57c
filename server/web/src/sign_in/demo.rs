//! `POST /sign-in/demo`: the demo's people, each one click away, through the same sessions as everybody.

use super::{
    admit::admit,
    return_to::{return_to, see_other},
};
use crate::{error::HttpError, state::ServerState};
use axum::{
    Form,
    extract::State,
    http::{Extensions, HeaderMap, header::SET_COOKIE},
    response::Response,
};
use muster_access::principal::Identity;
use muster_model::viewer::{SamplePerson, ViewerRole};
use serde::Deserialize;

pub struct Person {
    /// As the form names it.
    pub code: &'static str,
    /// What they see, for whoever chooses.
    pub sees: String,
    pub identity: Identity,
}

impl Person {
    pub fn offer(&self) -> SamplePerson {
        SamplePerson {
            code: self.code.to_owned(),
            name: self.identity.name.clone(),
            role: ViewerRole::from(&self.identity.role),
            sees: self.sees.clone(),
        }
    }
}

#[derive(Deserialize)]
pub struct Choice {
    person: String,
    return_to: Option<String>,
}

pub async fn sign_in_as_sample(
    State(state): State<ServerState>,
    extensions: Extensions,
    headers: HeaderMap,
    Form(choice): Form<Choice>,
) -> Result<Response, HttpError> {
    let chosen = state.sign_in.people.iter().find(|person| person.code == choice.person);
    let identity = chosen.ok_or(HttpError::NotFound)?.identity.clone();
    let cookie = admit(&state, &extensions, &headers, identity).await?;
    let mut response = see_other(return_to(choice.return_to.as_deref()));
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}
