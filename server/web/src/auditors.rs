//! `POST /auditors/make` and `POST /auditors/revoke`: links for auditors and addresses of calendars. Callers who may create them do so for
//! customers in their own scope only.

use super::{
    audit_trail::AuditTrail,
    error::HttpError,
    export::ical::calendar_address,
    pages::page_after_form,
    request::SignedIn,
    sign_in::{SignIn, return_to::see_other},
    state::ServerState,
};
use app::ui::{AUDIT_LINK, AUDITORS, NewLink};
use axum::{
    Extension, Form, RequestExt,
    extract::{Request, State},
    http::{HeaderValue, Uri, header::CACHE_CONTROL},
    response::Response,
};
use jiff::{SignedDuration, civil::Date};
use muster_access::{principal::Principal, sessions::SessionError, token::Token};
use muster_audit::event::{Action, Event, Outcome};
use muster_model::{
    auditor_link::{CALENDAR_DAYS_MAX, LINK_DAYS_MAX, LINK_DAYS_MIN},
    ports::{ReportError, Reports},
};
use muster_reports::{ReportSource, unavailable};
use muster_store::{
    auditor_links::{self, AuditorLink, LINKS_MAX},
    value::day_of,
};
use serde::Deserialize;
use std::sync::Arc;

/// The form fields as text, so that errors can name the invalid value.
#[derive(Deserialize)]
struct LinkForm {
    customer: String,
    #[serde(default)]
    day: String,
    days: String,
    /// `calendar` for the address of one, which has no day.
    #[serde(default)]
    kind: String,
}

const CALENDAR: &str = "calendar";

#[derive(Deserialize)]
pub struct RevokeForm {
    link: String,
}

/// Creates a link and renders the page, because the link is shown this one time only.
pub async fn create_link(
    State(state): State<ServerState>,
    Extension(SignedIn(principal)): Extension<SignedIn>,
    trail: AuditTrail,
    request: Request,
) -> Result<Response, HttpError> {
    let (parts, body) = request.into_parts();
    let form = Request::from_parts(parts.clone(), body).extract::<Form<LinkForm>, _>().await;
    let result = match form {
        Ok(Form(form)) => create(&state, &trail, &principal, form).await?,
        Err(_) => NewLink::Rejected("the form is incomplete".to_owned()),
    };
    let mut response = page_after_form(&state, parts, Uri::from_static(AUDITORS), result).await;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

async fn create(
    state: &ServerState,
    trail: &AuditTrail,
    principal: &Principal,
    form: LinkForm,
) -> Result<NewLink, HttpError> {
    // Also checks that the caller may create links at all.
    let page = state.reports.for_caller(principal).auditor_links().await?;
    let now = state.reports.clock.now();
    let refused = |why: String| Ok(NewLink::Rejected(why));
    let Some(customer) = page.customers.into_iter().find(|customer| customer.customer_id == form.customer) else {
        return refused("this customer is not among yours".to_owned());
    };
    let day = match form.kind == CALENDAR {
        true => None,
        false => match day_of_data(state, principal, &form).await? {
            Ok(day) => Some(day),
            Err(why) => return refused(why),
        },
    };
    let days_max = if day.is_some() { LINK_DAYS_MAX } else { CALENDAR_DAYS_MAX };
    let days = form.days.parse::<u16>().ok().filter(|days| (LINK_DAYS_MIN..=days_max).contains(days));
    let Some(expires_at) = days.and_then(|days| now.checked_add(SignedDuration::from_hours(24 * i64::from(days))).ok())
    else {
        return refused(format!("it is valid for {LINK_DAYS_MIN} to {days_max} days"));
    };
    let token = Token::random().map_err(SessionError::from)?;
    let identity = &principal.identity;
    let link = AuditorLink {
        link_id: token.hash().name(),
        customer_id: customer.customer_id,
        customer_name: customer.customer_name,
        day,
        made_by: identity.key(),
        made_by_name: identity.name.clone(),
        made_at: now,
        expires_at,
        revoked_at: None,
    };
    let event = Event::new(Action::AuditorLink, Outcome::Ok).object(&link.customer_id);
    let of = day.map_or_else(|| "its calendar".to_owned(), |day| day.to_string());
    trail.record(event.detail(&format!("created {} of {of} until {expires_at}", link.link_id))).await?;
    let origin = state.sign_in.get().public_url.origin().to_owned();
    let url = match day {
        Some(_) => format!("{origin}{AUDIT_LINK}#{}", token.reveal()),
        None => format!("{origin}{}", calendar_address(token.reveal())),
    };
    tracing::info!(link.id = link.link_id, link.of = of, "a link was created");
    let added = auditor_links::add(&state.reports.store, token.hash().hex(), link).await;
    match added.map_err(|error| unavailable("an auditor link", &error))? {
        true => Ok(NewLink::Created(url)),
        false => refused(format!("the customer already has {LINKS_MAX} active links; revoke some first")),
    }
}

/// The day that a form asks for, if the portal has data of the customer then; otherwise why it has none.
async fn day_of_data(
    state: &ServerState,
    principal: &Principal,
    form: &LinkForm,
) -> Result<Result<Date, String>, HttpError> {
    // What happened to an account under a former owner is not data of this customer.
    let own = state.reports.for_caller(principal).narrowed_to(&form.customer).auditor_links().await?;
    let Some(first) = own.customers.first().and_then(|customer| customer.first_day) else {
        return Ok(Err("no account of this customer was harvested yet".to_owned()));
    };
    let first = first.max(state.reports.store.kept_since().unwrap_or(first));
    let today = day_of(state.reports.clock.now());
    let day = form.day.parse::<Date>().ok().filter(|day| (first..=today).contains(day));
    Ok(day.ok_or_else(|| format!("the portal has data of this customer from {first} on, not of `{}`", form.day)))
}

/// Revokes a link and ends all its sessions. A link outside the scope is not found.
pub async fn revoke_link(
    State(source): State<ReportSource>,
    State(sign_in): State<Arc<SignIn>>,
    Extension(SignedIn(principal)): Extension<SignedIn>,
    trail: AuditTrail,
    Form(form): Form<RevokeForm>,
) -> Result<Response, HttpError> {
    let page = source.for_caller(&principal).auditor_links().await?;
    let link = page.rows.into_iter().find(|row| row.link_id == form.link).ok_or(ReportError::NotFound)?;
    trail.record(Event::new(Action::AuditorLink, Outcome::Ok).object(&link.link_id).detail("revoked")).await?;
    let revoked = auditor_links::revoke(&source.store, link.link_id.clone(), source.clock.now()).await;
    revoked.map_err(|error| unavailable("an auditor link", &error))?;
    let ended = sign_in.end_link(&link.link_id);
    tracing::info!(link.id = link.link_id, sessions.ended = ended, "an auditor link was revoked");
    Ok(see_other(AUDITORS))
}
