//! `POST /auditors/make` and `POST /auditors/revoke`: links for auditors, by whoever may hand them out and for their own
//! customers only.

use super::{
    audited::record,
    error::HttpError,
    pages::page_that_tells,
    sign_in::{identify::SignedIn, return_to::see_other},
    state::ServerState,
};
use app::ui::{AUDIT_LINK, AUDITORS, LinkMade};
use axum::{
    Extension, Form, RequestExt,
    body::Body,
    extract::{Request, State},
    http::{Extensions, HeaderValue, Method, Uri, header::CACHE_CONTROL},
    response::Response,
};
use jiff::{SignedDuration, civil::Date};
use muster_access::{principal::Principal, sessions::NoSession, token::Token};
use muster_audit::event::{Action, Event, Outcome};
use muster_model::{
    auditor_link::{LINK_DAYS_MAX, LINK_DAYS_MIN},
    ports::{ReportError, Reports},
};
use muster_reports::unavailable;
use muster_store::{
    auditor_links::{self, AuditorLink, LINKS_MAX},
    value::day_of,
};
use serde::Deserialize;

/// As the form sends it; what each may be is checked below, to be told in words.
#[derive(Deserialize)]
struct Wanted {
    customer: String,
    day: String,
    days: String,
}

#[derive(Deserialize)]
pub struct Revoked {
    link: String,
}

/// The answer is the page itself, because it is the one time that the link is shown.
pub async fn make(
    State(state): State<ServerState>,
    Extension(SignedIn(principal)): Extension<SignedIn>,
    request: Request,
) -> Result<Response, HttpError> {
    let (mut parts, body) = request.into_parts();
    let form = Request::from_parts(parts.clone(), body).extract::<Form<Wanted>, _>().await;
    let told = match form {
        Ok(Form(wanted)) => made(&state, &parts.extensions, &principal, wanted).await?,
        Err(_) => LinkMade::Refused("the form was not whole".to_owned()),
    };
    (parts.method, parts.uri) = (Method::GET, Uri::from_static(AUDITORS));
    let mut response = page_that_tells(&state, Request::from_parts(parts, Body::empty()), told).await;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

async fn made(
    state: &ServerState,
    extensions: &Extensions,
    principal: &Principal,
    wanted: Wanted,
) -> Result<LinkMade, HttpError> {
    // Whose links somebody may not see, for them they may not make one either.
    let page = state.reports.for_scope(principal.scope()).auditor_links().await?;
    let now = state.reports.clock.now();
    let refused = |why: String| Ok(LinkMade::Refused(why));
    let Some(customer) = page.customers.into_iter().find(|customer| customer.customer_id == wanted.customer) else {
        return refused("there is no such customer among yours".to_owned());
    };
    let first = state.reports.store.kept_since();
    let known = |day: &Date| *day <= day_of(now) && first.is_none_or(|first| *day >= first);
    let Some(day) = wanted.day.parse::<Date>().ok().filter(known) else {
        return refused(format!("`{}` is not a day of which the portal knows anything", wanted.day));
    };
    let days = wanted.days.parse::<u16>().ok().filter(|days| (LINK_DAYS_MIN..=LINK_DAYS_MAX).contains(days));
    let Some(expires_at) = days.and_then(|days| now.checked_add(SignedDuration::from_hours(24 * i64::from(days))).ok())
    else {
        return refused(format!("a link can be opened for {LINK_DAYS_MIN} to {LINK_DAYS_MAX} days"));
    };
    let token = Token::random().map_err(NoSession::from)?;
    let identity = &principal.identity;
    let link = AuditorLink {
        link_id: token.hash().name(),
        customer_id: customer.customer_id,
        customer_name: customer.customer_name,
        day,
        made_by: format!("{} {}", identity.issuer, identity.subject),
        made_by_name: identity.name.clone(),
        made_at: now,
        expires_at,
        revoked_at: None,
    };
    let event = Event::new(Action::AuditorLink, Outcome::Ok).about(&link.customer_id);
    record(state, extensions, event.saying(&format!("made {} of {day} until {expires_at}", link.link_id))).await?;
    let told = format!("{}{AUDIT_LINK}#{}", state.sign_in.public_url.origin(), token.reveal());
    tracing::info!(link.id = link.link_id, link.day = %day, "a link for an auditor was made");
    let added = auditor_links::add(&state.reports.store, token.hash().hex(), link).await;
    match added.map_err(|error| unavailable("a link for an auditor", &error))? {
        true => Ok(LinkMade::Made(told)),
        false => refused(format!("the customer has {LINKS_MAX} links that can be opened; revoke some first")),
    }
}

/// Ends the link and every session that came from it. A link outside the scope does not exist.
pub async fn revoke(
    State(state): State<ServerState>,
    Extension(SignedIn(principal)): Extension<SignedIn>,
    extensions: Extensions,
    Form(revoked): Form<Revoked>,
) -> Result<Response, HttpError> {
    let page = state.reports.for_scope(principal.scope()).auditor_links().await?;
    let link = page.rows.into_iter().find(|row| row.link_id == revoked.link).ok_or(ReportError::NotFound)?;
    let event = Event::new(Action::AuditorLink, Outcome::Ok).about(&link.link_id).saying("revoked");
    record(&state, &extensions, event).await?;
    let revoked = auditor_links::revoke(&state.reports.store, link.link_id.clone(), state.reports.clock.now()).await;
    revoked.map_err(|error| unavailable("a link for an auditor", &error))?;
    let ended = state.sign_in.end_link(&link.link_id);
    tracing::info!(link.id = link.link_id, sessions.ended = ended, "a link for an auditor was revoked");
    Ok(see_other(AUDITORS))
}
