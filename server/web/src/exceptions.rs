//! `POST /exceptions/make` and `POST /exceptions/withdraw`: callers who may do so, for accounts in their own scope only.

use super::{
    audit_trail::AuditTrail, error::HttpError, pages::page_with_context, request::SignedIn,
    sign_in::return_to::see_other, state::ServerState,
};
use app::ui::{EXCEPTIONS, NEW_EXCEPTION, RejectedException};
use axum::{
    Extension, Form,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{Method, Uri},
    response::Response,
};
use muster_access::{principal::Principal, sessions::SessionError, token::Token};
use muster_audit::event::{Action, Event, Outcome};
use muster_model::{
    exception::{ExceptionSubject, NewException},
    filter::{ExceptionDraft, ExceptionFilter},
    ports::{ReportError, Reports},
};
use muster_reports::{ReportSource, unavailable};
use muster_store::{
    exceptions::{self, EXCEPTIONS_MAX, Exception},
    value::day_of,
};
use serde::Deserialize;

/// The most bytes of a form: its longest texts, each character of which takes up to twelve.
const FORM_BYTES_MAX: usize = 16 * 1024;

#[derive(Deserialize)]
pub struct WithdrawForm {
    exception: String,
}

/// Makes an exception, or shows the form again with the reason why not.
pub async fn make(
    State(state): State<ServerState>,
    Extension(SignedIn(principal)): Extension<SignedIn>,
    trail: AuditTrail,
    request: Request,
) -> Result<Response, HttpError> {
    let (mut parts, body) = request.into_parts();
    let form = to_bytes(body, FORM_BYTES_MAX).await.unwrap_or_default();
    let query = String::from_utf8_lossy(&form).into_owned();
    let Err(reason) = add(&state, &trail, &principal, &query).await? else { return Ok(see_other(EXCEPTIONS)) };
    // A form that cannot be read is shown without its values.
    let kept = if ExceptionDraft::from_query(&query).is_ok() { query } else { String::new() };
    let uri = Uri::try_from(format!("{NEW_EXCEPTION}?{kept}"));
    (parts.method, parts.uri) = (Method::GET, uri.unwrap_or(Uri::from_static(NEW_EXCEPTION)));
    Ok(page_with_context(&state, Request::from_parts(parts, Body::empty()), RejectedException(reason)).await)
}

async fn add(
    state: &ServerState,
    trail: &AuditTrail,
    principal: &Principal,
    query: &str,
) -> Result<Result<(), String>, HttpError> {
    let now = state.reports.clock.now();
    let draft = match ExceptionDraft::from_query(query) {
        Ok(draft) => draft,
        Err(error) => return Ok(Err(error.to_string())),
    };
    // Also checks that the caller may make exceptions at all.
    let page = state.reports.for_caller(principal).exception_draft(draft.clone()).await?;
    let new = match draft.complete(day_of(now)) {
        Ok(new) => new,
        Err(error) => return Ok(Err(error.to_string())),
    };
    if !page.accounts.iter().any(|account| account.code == new.account_id.as_str()) {
        return Ok(Err("this account is not among yours, or does not have the instance".to_owned()));
    }
    let id = Token::random().map_err(SessionError::from)?.hash().name();
    let exception = stored(new, id, principal, now);
    let subject = [exception.cve.as_str(), exception.kb_id.as_str()].concat();
    let detail = format!("made {} of {subject} until {}", exception.exception_id, exception.until_day);
    trail
        .record(Event::new(Action::UpdateException, Outcome::Ok).object(&exception.account_id).detail(&detail))
        .await?;
    let added = exceptions::add(&state.reports.store, exception).await;
    Ok(match added.map_err(|error| unavailable("an exception", &error))? {
        true => Ok(()),
        false => Err(format!("the account already has {EXCEPTIONS_MAX} exceptions; withdraw some first")),
    })
}

fn stored(new: NewException, exception_id: String, principal: &Principal, now: jiff::Timestamp) -> Exception {
    let NewException { kind, subject, account_id, patch_group, instance_id, until_day, reason } = new;
    let (cve, kb_id, title) = match subject {
        ExceptionSubject::Cve(cve) => (cve, String::new(), String::new()),
        ExceptionSubject::Patch { name, title } => (String::new(), name, title),
    };
    Exception {
        exception_id,
        kind: kind.code().to_owned(),
        cve,
        kb_id,
        title,
        account_id: account_id.into(),
        patch_group,
        instance_id: instance_id.map(String::from).unwrap_or_default(),
        until_day,
        reason,
        made_by: identity(principal),
        made_by_name: principal.identity.name.clone(),
        made_at: now,
        withdrawn_by: None,
        withdrawn_by_name: None,
        withdrawn_at: None,
    }
}

fn identity(principal: &Principal) -> String {
    format!("{} {}", principal.identity.issuer, principal.identity.subject)
}

/// Withdraws an exception. One outside the scope is not found.
pub async fn withdraw(
    State(source): State<ReportSource>,
    Extension(SignedIn(principal)): Extension<SignedIn>,
    trail: AuditTrail,
    Form(form): Form<WithdrawForm>,
) -> Result<Response, HttpError> {
    if !principal.scope().may_make_exceptions() {
        return Err(ReportError::NotFound.into());
    }
    let filter = ExceptionFilter { id: Some(form.exception), ..ExceptionFilter::default() };
    let page = source.for_caller(&principal).exceptions(filter).await?;
    let row = page.rows.into_iter().next().ok_or(ReportError::NotFound)?;
    let event = Event::new(Action::UpdateException, Outcome::Ok).object(row.account_id.as_str());
    trail.record(event.detail(&format!("withdrew {}", row.exception_id))).await?;
    let by = (identity(&principal), principal.identity.name.clone());
    let withdrawn = exceptions::withdraw(&source.store, row.exception_id, by, source.clock.now()).await;
    withdrawn.map_err(|error| unavailable("an exception", &error))?;
    Ok(see_other(EXCEPTIONS))
}
