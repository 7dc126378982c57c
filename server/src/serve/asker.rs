//! From a request to the reports of whoever sent it: the one place where the two meet.

use super::state::ServerState;
use crate::{access::principal::Principal, query::reports::ScopedReports};
use axum::{extract::FromRequestParts, http::request::Parts};
use std::convert::Infallible;

/// The reports of the person asking.
pub struct Asker(pub ScopedReports);

/// Everybody is the operator until people can sign in.
fn principal() -> Principal {
    Principal::Operator
}

pub fn reports(state: &ServerState) -> ScopedReports {
    state.reports.for_scope(principal().scope())
}

impl FromRequestParts<ServerState> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(_parts: &mut Parts, state: &ServerState) -> Result<Self, Infallible> {
        Ok(Self(reports(state)))
    }
}
