//! `POST /audit-link/open` swaps an auditor's link for a session. The page with the button is `app`'s; to show it changes
//! nothing, so programs that follow links in mails use none up.

use super::{
    admit::{admit, refuse},
    return_to::see_other,
};
use crate::{error::HttpError, state::ServerState};
use app::ui::AUDIT_LINK;
use axum::{
    Form,
    extract::State,
    http::{
        Extensions, HeaderMap,
        header::{CONTENT_TYPE, SET_COOKIE},
    },
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use muster_access::{
    principal::{Identity, Role, shown_name},
    token::TokenHash,
};
use muster_reports::unavailable;
use muster_store::auditor_links;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// Who vouches for somebody with a link.
const ISSUER: &str = "auditor-link";

const SCRIPT: &str = include_str!("audit_link.js");

#[derive(Deserialize)]
pub struct Opened {
    token: String,
}

/// Until when the links count by which somebody is signed in: a session lasts no longer than its link.
#[derive(Default)]
pub struct LinkEnds(Mutex<BTreeMap<String, Timestamp>>);

impl LinkEnds {
    /// Notes the end of a link that is opened; one that was revoked meanwhile stays so.
    fn note(&self, link_id: &str, ends_at: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(link_id.to_owned()).or_insert(ends_at);
    }

    /// The link has ended, whatever it said.
    pub fn end(&self, link_id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(link_id.to_owned(), Timestamp::MIN);
    }

    /// Whether a session of this identity may go on. Only auditors' are by a link.
    pub fn lasts(&self, identity: &Identity, now: Timestamp) -> bool {
        let ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        !is_by_link(identity) || ends.get(&identity.subject).is_some_and(|ends_at| now < *ends_at)
    }
}

/// Whether somebody is here by a link, and not by a name of their own.
pub fn is_by_link(identity: &Identity) -> bool {
    identity.issuer == ISSUER
}

pub async fn open(
    State(state): State<ServerState>,
    extensions: Extensions,
    headers: HeaderMap,
    Form(opened): Form<Opened>,
) -> Result<Response, HttpError> {
    let hash = TokenHash::of(opened.token.trim());
    let found = auditor_links::find(&state.reports.store, hash.hex()).await;
    let found = found.map_err(|error| unavailable("an auditor's link", &error))?;
    let now = state.reports.clock.now();
    let Some(link) = found.filter(|link| link.opens(now)) else {
        tracing::warn!(link.hash = hash.short(), "an auditor's link was refused");
        refuse(&state, &extensions, ISSUER, "ended").await?;
        return Ok(see_other(&format!("{AUDIT_LINK}?said=ended")));
    };
    tracing::info!(link.id = link.link_id, link.day = %link.day, "an auditor's link was opened");
    let identity = Identity {
        issuer: ISSUER.to_owned(),
        subject: link.link_id.clone(),
        name: shown_name(&format!("Auditor of {}", link.customer_name)),
        role: Role::Auditor { customer: link.customer_id, day: link.day },
    };
    state.sign_in.link_ends.note(&link.link_id, link.expires_at);
    let cookie = admit(&state, &extensions, &headers, identity).await?;
    let mut response = see_other("/");
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

/// What fills the page's form.
pub async fn script() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT)
}
