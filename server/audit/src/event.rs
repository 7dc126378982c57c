//! Events of the audit log.

use crate::{chain::Chain, position::Position};
use muster_access::{principal::Principal, token::TokenHash};
use serde::Serialize;
use std::net::IpAddr;

/// Longer texts are truncated, so that requests cannot inflate the log.
const TEXT_CHARS_MAX: usize = 500;

/// What was done. The serialized codes never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A process opened the log.
    AuditOpened,
    /// The line before was only partially written, and its event was not acknowledged.
    #[serde(rename = "torn_line")]
    PartialLine,
    /// Lines can be written again after a failure. Until then actions were refused.
    AuditAvailable,
    SignIn,
    SignOut,
    /// A session expired, or an embedded session was ended by its frame.
    SessionEnd,
    /// A sign-in assertion of an embedding page was refused.
    AssertionRefused,
    EmbedSession,
    Export,
    /// An export ended before its last row.
    ExportBrokenOff,
    /// An account manager viewed a customer's data.
    CustomerView,
    OutputView,
    ScopeChange,
    AuditorLink,
    /// An exception was made or revoked.
    Exception,
    /// An account stopped or resumed accepting the harvest's credentials.
    HarvestCredentials,
    /// An enrollment passed every check, and waits for an operator's approval.
    EnrollmentRequested,
    /// An enrollment was admitted, and its activation is about to be requested.
    EnrollmentAdmitted,
    /// An instance got an activation.
    Enrolled,
    /// The evidence of an instance, or its account, was refused.
    EnrollmentRefused,
    /// An activation could not be made.
    EnrollmentFailed,
    EnrollmentApproved,
    EnrollmentRetried,
    EnrollmentReset,
    /// The ledger of enrollments was opened.
    LedgerOpened,
    /// The registry of enrollment was read again, or could not be.
    RegistryReloaded,
    /// A request was refused: cross-site, for another host, rate limited, or with forged proxy headers.
    RequestRefused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Ok,
    Refused,
    Failed,
}

/// Who acted, with their role at the time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Actor {
    subject: String,
    issuer: String,
    role: &'static str,
    /// The number of customers in their scope. Absent for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope_size: Option<usize>,
}

impl From<&Principal> for Actor {
    fn from(principal: &Principal) -> Self {
        let identity = &principal.identity;
        Self {
            subject: sanitize(&identity.subject),
            issuer: sanitize(&identity.issuer),
            role: identity.role.code(),
            scope_size: principal.scope().size(),
        }
    }
}

/// Who acted, and by which request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Source {
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<IpAddr>,
    /// The origin of the embedding page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_origin: Option<String>,
}

/// One event. Texts are sanitized and truncated when they are set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    action: Action,
    result: Outcome,
    #[serde(flatten)]
    source: Source,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ledger: Option<Position>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Event {
    pub fn new(action: Action, result: Outcome) -> Self {
        Self {
            action,
            result,
            source: Source::default(),
            object: None,
            rows: None,
            token: None,
            ledger: None,
            detail: None,
        }
    }

    pub fn by(mut self, actor: impl Into<Actor>) -> Self {
        self.source.actor = Some(actor.into());
        self
    }

    /// The origin of the embedding page.
    pub fn parent_origin(mut self, origin: &str) -> Self {
        self.source.parent_origin = Some(sanitize(origin));
        self
    }

    /// Sets the source of the request, but keeps an actor and an embedding page that are set already.
    pub fn from(self, request: Source) -> Self {
        let actor = self.source.actor.or(request.actor);
        let parent_origin = self.source.parent_origin.or(request.parent_origin.as_deref().map(sanitize));
        let request_id = request.request_id.as_deref().map(sanitize);
        Self { source: Source { actor, request_id, ip: request.ip, parent_origin }, ..self }
    }

    /// What was acted on.
    pub fn object(self, object: &str) -> Self {
        Self { object: Some(sanitize(object)), ..self }
    }

    pub fn rows(self, rows: u64) -> Self {
        Self { rows: Some(rows), ..self }
    }

    /// A prefix of a token's hash, to correlate lines.
    pub fn token(self, token: &TokenHash) -> Self {
        Self { token: Some(token.short()), ..self }
    }

    /// Where the ledger of enrollments was when this happened, to detect an older one later.
    pub fn ledger(self, ledger: &Chain) -> Self {
        Self { ledger: Some(ledger.into()), ..self }
    }

    /// Anything else. Must never contain a token, a password or the input of a sign-in form.
    pub fn detail(self, detail: &str) -> Self {
        Self { detail: Some(sanitize(detail)), ..self }
    }
}

/// Removes control and bidirectional characters, which could mislead readers in a terminal, and truncates.
fn sanitize(text: &str) -> String {
    let is_invisible =
        |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    text.chars().filter(|c| !c.is_control() && !is_invisible(*c)).take(TEXT_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_sanitized_and_truncated() {
        let event =
            Event::new(Action::Export, Outcome::Ok).object("a\r\nb\u{1b}[31m\u{202e}c").detail(&"x".repeat(9_999));
        let json = serde_json::to_string(&event).expect("JSON");
        assert!(json.contains(r#""object":"ab[31mc""#), "{json}");
        assert!(json.len() < TEXT_CHARS_MAX + 100, "{}", json.len());
    }

    #[test]
    fn records_the_actor_and_only_a_prefix_of_the_token_hash() {
        let hash = TokenHash::of("secret");
        let event = Event::new(Action::SignIn, Outcome::Ok).by(&Principal::local()).token(&hash);
        let json = serde_json::to_string(&event).expect("JSON");
        let expected = format!(
            r#"{{"action":"sign_in","result":"ok","subject":"local","issuer":"local","role":"operator","token":"{}"}}"#,
            hash.short()
        );
        assert_eq!(json, expected);
        assert_eq!(hash.short().len(), 8);
    }
}
