//! `POST /enrollment/act`: an operator approves, retries or resets an enrollment.

use super::client::{ActionRefused, EnrollmentClient};
use crate::{
    audit_trail::AuditTrail, error::HttpError, pages::page_after_form, request::SignedIn,
    sign_in::return_to::see_other, state::ServerState,
};
use app::ui::{ENROLLMENT, ENROLLMENT_QUEUE, RejectedAction};
use axum::{
    Extension, Form, RequestExt,
    extract::{Request, State},
    http::Uri,
    response::Response,
};
use muster_access::principal::{Principal, Role};
use muster_audit::event::{Action, Event, Outcome};
use muster_model::{
    enrollment::{EnrollmentAction, is_id},
    enrollment_page::EnrollmentOutage,
};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
struct ActionForm {
    enrollment: String,
    action: String,
}

/// Carries out the action, or shows the enrollment with the reason why not.
pub async fn act(
    State(state): State<ServerState>,
    Extension(SignedIn(principal)): Extension<SignedIn>,
    trail: AuditTrail,
    request: Request,
) -> Result<Response, HttpError> {
    let client = operators_client(&state, &principal).ok_or(HttpError::NotFound)?;
    let (parts, body) = request.into_parts();
    let form = Request::from_parts(parts.clone(), body).extract::<Form<ActionForm>, _>().await;
    let Form(ActionForm { enrollment, action }) =
        form.map_err(|_| HttpError::BadRequest("The form is incomplete.".to_owned()))?;
    let action = EnrollmentAction::named(&action).ok_or(HttpError::NotFound)?;
    if !is_id(&enrollment) {
        return Err(HttpError::NotFound);
    }
    let event = |outcome, detail: &str| Event::new(audited(action), outcome).object(&enrollment).detail(detail);
    trail
        .record(event(Outcome::Ok, "requested from the enrollment server; its audit log says what came of it"))
        .await?;
    let reason = match client.act(&enrollment, action, &principal.identity).await {
        Ok(_) => return Ok(see_other(&after(action, &enrollment))),
        Err(refused) => refused,
    };
    let rejected = RejectedAction { action, reason: words(reason) };
    trail.record(event(Outcome::Failed, &rejected.reason)).await?;
    let uri = Uri::try_from(page_of(&enrollment)).unwrap_or_default();
    Ok(page_after_form(&state, parts, uri, rejected).await)
}

/// The client, for an operator.
fn operators_client(state: &ServerState, principal: &Principal) -> Option<Arc<EnrollmentClient>> {
    state.enrollment.clone().filter(|_| matches!(principal.identity.role, Role::Operator { .. }))
}

fn audited(action: EnrollmentAction) -> Action {
    match action {
        EnrollmentAction::Approve => Action::EnrollmentApproved,
        EnrollmentAction::Retry => Action::EnrollmentRetried,
        EnrollmentAction::Reset => Action::EnrollmentReset,
    }
}

fn page_of(enrollment: &str) -> String {
    format!("{ENROLLMENT}/{enrollment}")
}

/// Where the operator goes on: to the list from which it has gone, or to what a reset has left.
fn after(action: EnrollmentAction, enrollment: &str) -> String {
    match action {
        EnrollmentAction::Approve => ENROLLMENT_QUEUE.to_owned(),
        EnrollmentAction::Retry => format!("{ENROLLMENT_QUEUE}?list=failed"),
        EnrollmentAction::Reset => page_of(enrollment),
    }
}

fn words(refused: ActionRefused) -> String {
    match refused {
        ActionRefused::NotFound => "The enrollment server does not know this enrollment.".to_owned(),
        ActionRefused::Refused(message) => message,
        ActionRefused::Outage(EnrollmentOutage::Unreachable) => format!(
            "The enrollment server did not answer, so it may have been carried out or not: look at the state. {}",
            EnrollmentOutage::Unreachable.remedy()
        ),
        ActionRefused::Outage(outage) => format!("It failed: {outage}. {}", outage.remedy()),
    }
}
