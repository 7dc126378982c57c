//! The extractor of a sign-in attempt. Every sign-in method completes or refuses it here, and both are audited.

use super::{SignIn, return_to::see_other};
use crate::{audit_trail::AuditTrail, error::HttpError};
use axum::{
    extract::{FromRef, FromRequestParts},
    http::{HeaderMap, header::SET_COOKIE, request::Parts},
    response::{IntoResponse, Response},
};
use muster_access::principal::Identity;
use muster_audit::{
    Audit,
    event::{Action, Event, Outcome},
};
use std::{convert::Infallible, sync::Arc};

pub struct SignInAttempt {
    pub sign_in: Arc<SignIn>,
    pub headers: HeaderMap,
    trail: AuditTrail,
}

impl<S: Send + Sync> FromRequestParts<S> for SignInAttempt
where
    Arc<SignIn>: FromRef<S>,
    Audit: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let trail = AuditTrail::from_request_parts(parts, state).await?;
        Ok(Self { sign_in: FromRef::from_ref(state), headers: parts.headers.clone(), trail })
    }
}

impl SignInAttempt {
    /// Records the sign-in, starts a session and redirects. If recording fails there is no session.
    pub async fn complete(&self, identity: Identity, return_to: &str) -> Result<Response, HttpError> {
        let principal = self.sign_in.assignments.principal(identity.clone());
        self.trail.record(Event::new(Action::SignIn, Outcome::Ok).by(&principal)).await?;
        let cookie = self.sign_in.start(&self.headers, identity)?;
        Ok(([(SET_COOKIE, cookie)], see_other(return_to)).into_response())
    }

    /// Records a refusal with its method and reason. The input is not recorded, as it may contain a password.
    pub async fn refuse(&self, method: &str, reason: &str) -> Result<(), HttpError> {
        self.trail.record(Event::new(Action::SignIn, Outcome::Refused).object(method).detail(reason)).await
    }
}
