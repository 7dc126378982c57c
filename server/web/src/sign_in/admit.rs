//! Lets somebody in, on record. Every way to sign in ends here.

use crate::{audited::record, error::HttpError, state::ServerState};
use axum::http::{Extensions, HeaderMap, HeaderValue};
use muster_access::principal::Identity;
use muster_audit::event::{Action, Event, Outcome};

/// Records that somebody signs in, starts their session and gives its cookie. Without a record there is no session.
pub async fn admit(
    state: &ServerState,
    extensions: &Extensions,
    headers: &HeaderMap,
    identity: Identity,
) -> Result<HeaderValue, HttpError> {
    let principal = state.sign_in.assignments.principal(identity.clone());
    record(state, extensions, Event::new(Action::SignIn, Outcome::Ok).by(&principal)).await?;
    Ok(state.sign_in.start(headers, identity)?)
}

/// Records that somebody was not let in: by which way and why. What they typed is not kept, as it may be a password in the
/// wrong field.
pub async fn refuse(state: &ServerState, extensions: &Extensions, way: &str, why: &str) -> Result<(), HttpError> {
    record(state, extensions, Event::new(Action::SignIn, Outcome::Refused).about(way).saying(why)).await
}
