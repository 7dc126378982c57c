//! `POST /exceptions/make` and `POST /exceptions/revoke`: callers who may do so, for accounts in their own scope only.

use super::{
    audit_trail::AuditTrail, error::HttpError, pages::page_after_form, request::SignedIn,
    sign_in::return_to::see_other, state::ServerState,
};
use app::ui::{EXCEPTIONS, NEW_EXCEPTION, RejectedException};
use axum::{
    Extension, Form,
    body::to_bytes,
    extract::{Request, State},
    http::Uri,
    response::Response,
};
use muster_access::{principal::Principal, sessions::SessionError, token::Token};
use muster_audit::event::{Action, Event, Outcome};
use muster_model::{
    exception::{ExceptionSubject, NewException},
    filter::{ExceptionDraft, ExceptionFilter},
    ids::AccountId,
    ports::{ReportError, Reports},
};
use muster_reports::{ReportSource, unavailable};
use muster_store::{
    exceptions::{self, EXCEPTIONS_A_DAY_MAX, EXCEPTIONS_MAX, Exception},
    value::day_of,
};
use serde::Deserialize;

/// The most bytes of a form: its longest texts, each character of which takes up to twelve.
const FORM_BYTES_MAX: usize = 16 * 1024;

#[derive(Deserialize)]
pub struct RevokeForm {
    exception: String,
}

/// Makes an exception, or shows the form again with the reason why not.
pub async fn make(
    State(state): State<ServerState>,
    Extension(SignedIn(principal)): Extension<SignedIn>,
    trail: AuditTrail,
    request: Request,
) -> Result<Response, HttpError> {
    let (parts, body) = request.into_parts();
    let form = to_bytes(body, FORM_BYTES_MAX).await.map(|form| String::from_utf8_lossy(&form).into_owned());
    let reason = match &form {
        Ok(query) => match add(&state, &trail, &principal, query).await? {
            Ok(id) => return Ok(see_other(&format!("{EXCEPTIONS}?id={id}"))),
            Err(reason) => reason,
        },
        Err(_) => "The form is too long.".to_owned(),
    };
    let asked = ExceptionDraft::from_query(&readable(form.as_deref().unwrap_or_default())).unwrap_or_default();
    let account = asked.account.as_ref().map_or("", AccountId::as_str);
    trail.record(Event::new(Action::Exception, Outcome::Refused).object(account).detail(&reason)).await?;
    let uri = Uri::try_from(format!("{NEW_EXCEPTION}?{}", readable(&form.unwrap_or_default())));
    let uri = uri.unwrap_or(Uri::from_static(NEW_EXCEPTION));
    Ok(page_after_form(&state, parts, uri, RejectedException(reason)).await)
}

/// The fields that can be read, so that the form is shown again with them.
fn readable(form: &str) -> String {
    let encoded =
        |pairs: &[(String, String)]| form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let mut kept: Vec<(String, String)> = Vec::new();
    for (key, value) in form_urlencoded::parse(form.as_bytes()) {
        kept.push((key.into_owned(), value.into_owned()));
        if ExceptionDraft::from_query(&encoded(&kept)).is_err() {
            kept.pop();
        }
    }
    encoded(&kept)
}

/// Stores the exception of a form. Returns its id, or why there is none.
async fn add(
    state: &ServerState,
    trail: &AuditTrail,
    principal: &Principal,
    query: &str,
) -> Result<Result<String, String>, HttpError> {
    let now = state.reports.clock.now();
    let draft = match ExceptionDraft::from_query(query) {
        Ok(draft) => draft,
        Err(error) => return Ok(Err(error.to_string())),
    };
    // Also checks that the caller may make exceptions at all.
    let page = state.reports.for_caller(principal).exception_draft(draft.clone()).await?;
    let new = match draft.complete(day_of(now)) {
        Ok(new) => new,
        Err(reason) => return Ok(Err(reason)),
    };
    if !page.accounts.iter().any(|account| account.code == new.account_id.as_str()) {
        let reason = "This account is not among yours, or does not have the instance. Choose another one.";
        return Ok(Err(reason.to_owned()));
    }
    if page.about.is_none_or(|about| about.instances == 0) {
        let reason = "No current instance of the account is in this patch group. Check how it is written.";
        return Ok(Err(reason.to_owned()));
    }
    let id = Token::random().map_err(SessionError::from)?.hash().name();
    let exception = stored(new, id.clone(), principal, now);
    let event = Event::new(Action::Exception, Outcome::Ok).object(&exception.account_id);
    trail.record(event.detail(&said(&exception))).await?;
    let added = exceptions::add(&state.reports.store, exception.clone()).await;
    if added.map_err(|error| unavailable("an exception", &error))? {
        return Ok(Ok(id));
    }
    Ok(Err(format!(
        "The account has {EXCEPTIONS_MAX} exceptions, or {EXCEPTIONS_A_DAY_MAX} new ones within a day. Revoke some, or try again tomorrow."
    )))
}

/// The exception in the audit log, without its reason.
fn said(exception: &Exception) -> String {
    let Exception { exception_id, kind, cve, kb_id, title, patch_group, instance_id, until_day, .. } = exception;
    format!(
        "{kind} {exception_id}: {cve}{kb_id} {title}; group `{patch_group}`, instance `{instance_id}`, until {until_day}"
    )
}

fn stored(new: NewException, exception_id: String, principal: &Principal, now: jiff::Timestamp) -> Exception {
    let NewException { kind, subject, account_id, patch_group, instance_id, until_day, reason } = new;
    let (cve, kb_id, title) = match subject {
        ExceptionSubject::Cve(cve) => (cve.into(), String::new(), String::new()),
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
        made_by: principal.identity.key(),
        made_by_name: principal.identity.name.clone(),
        made_at: now,
        revoked_by: None,
        revoked_by_name: None,
        revoked_at: None,
    }
}

/// Revokes an exception. One outside the scope is not found.
pub async fn revoke(
    State(source): State<ReportSource>,
    Extension(SignedIn(principal)): Extension<SignedIn>,
    trail: AuditTrail,
    Form(form): Form<RevokeForm>,
) -> Result<Response, HttpError> {
    if !principal.scope().may_make_exceptions() {
        return Err(ReportError::NotFound.into());
    }
    let filter = ExceptionFilter { id: Some(form.exception), ..ExceptionFilter::default() };
    let page = source.for_caller(&principal).exceptions(filter).await?;
    let row = page.rows.into_iter().next().filter(|row| row.state.is_revocable()).ok_or(ReportError::NotFound)?;
    let event = Event::new(Action::Exception, Outcome::Ok).object(row.account_id.as_str());
    trail.record(event.detail(&format!("revoked {}", row.exception_id))).await?;
    let by = (principal.identity.key(), principal.identity.name.clone());
    let revoked = exceptions::revoke(&source.store, row.exception_id, by, source.clock.now()).await;
    revoked.map_err(|error| unavailable("an exception", &error))?;
    Ok(see_other(EXCEPTIONS))
}
