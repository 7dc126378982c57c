//! `POST /audit-link/open`: exchanges an auditor link for a session. The page with the button is in `app`; loading it
//! changes nothing, so mail scanners that follow links do not use them up.

use super::{attempt::SignInAttempt, link_expiry::ISSUER, return_to::see_other};
use crate::error::HttpError;
use app::ui::AUDIT_LINK;
use axum::{Form, extract::State, response::Response};
use muster_access::{
    principal::{Identity, Role, display_name},
    token::TokenHash,
};
use muster_reports::{ReportSource, unavailable};
use muster_store::auditor_links;
use serde::Deserialize;

#[derive(Deserialize)]
pub struct LinkForm {
    token: String,
}

pub async fn open_link(
    State(source): State<ReportSource>,
    attempt: SignInAttempt,
    Form(form): Form<LinkForm>,
) -> Result<Response, HttpError> {
    let hash = TokenHash::of(form.token.trim());
    let found = auditor_links::find(&source.store, hash.hex()).await;
    let found = found.map_err(|error| unavailable("an auditor link", &error))?;
    let open = found.filter(|link| link.opens(source.clock.now()));
    // The address of a calendar opens no page.
    let Some((link, day)) = open.and_then(|link| link.day.map(|day| (link, day))) else {
        tracing::warn!(link.hash = hash.short(), "an auditor link was refused");
        attempt.refuse(ISSUER, "ended").await?;
        return Ok(see_other(&format!("{AUDIT_LINK}?said=ended")));
    };
    tracing::info!(link.id = link.link_id, link.day = %day, "an auditor link was opened");
    attempt.sign_in.link_expiry.note(&link.link_id, link.expires_at);
    let identity = Identity {
        issuer: ISSUER.to_owned(),
        subject: link.link_id,
        name: display_name(&format!("Auditor of {}", link.customer_name)),
        role: Role::Auditor { customer: link.customer_id, day },
    };
    attempt.complete(identity, "/").await
}
