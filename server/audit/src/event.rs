//! What the audit tells of.

use muster_access::{principal::Principal, token::TokenHash};
use serde::Serialize;
use std::net::IpAddr;

/// Longer texts are cut: a line must not grow with what a stranger sends.
const TEXT_CHARS_MAX: usize = 500;

/// What was done. The codes are for programs and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A process began to write this audit.
    AuditOpened,
    /// The line before was cut off while it was written; nobody was told that it counts.
    TornLine,
    /// Lines could not be written for a while, and what they would have told of was refused.
    AuditAvailable,
    SignIn,
    SignOut,
    /// A session ended by itself.
    SessionEnd,
    /// An embedding page's or an identity provider's word that was not taken.
    AssertionRefused,
    EmbedSession,
    Export,
    /// An export ended before its last row, and whoever asked was not given a whole file.
    ExportBrokenOff,
    /// Somebody who looks after several customers looked at one's pages.
    CustomerView,
    OutputView,
    ScopeChange,
    AuditorLink,
    /// An account began to let the harvest in no more, or let it in again.
    HarvestCredentials,
    /// A request that another site's page sent, that asked for another host, that came too often, or whose sender vouched
    /// for somebody and is not the proxy.
    RequestRefused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Ok,
    Refused,
    Failed,
}

/// Who did it, as they were then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Actor {
    subject: String,
    issuer: String,
    role: &'static str,
    /// How many customers they could see; nothing stands for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope_size: Option<usize>,
}

impl From<&Principal> for Actor {
    fn from(principal: &Principal) -> Self {
        let identity = &principal.identity;
        Self {
            subject: clean(&identity.subject),
            issuer: clean(&identity.issuer),
            role: identity.role.code(),
            scope_size: principal.scope().size(),
        }
    }
}

/// One event. Texts lose their control characters and are cut as they come in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    action: Action,
    result: Outcome,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    actor: Option<Actor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_origin: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Event {
    pub fn new(action: Action, result: Outcome) -> Self {
        Self {
            action,
            result,
            actor: None,
            request_id: None,
            ip: None,
            parent_origin: None,
            object: None,
            rows: None,
            token: None,
            detail: None,
        }
    }

    pub fn by(self, actor: impl Into<Actor>) -> Self {
        Self { actor: Some(actor.into()), ..self }
    }

    /// Who did it, unless that is said already.
    pub fn by_default(self, actor: Option<Actor>) -> Self {
        Self { actor: self.actor.or(actor), ..self }
    }

    pub fn in_request(self, id: &str) -> Self {
        Self { request_id: Some(clean(id)), ..self }
    }

    pub fn from(self, ip: IpAddr) -> Self {
        Self { ip: Some(ip), ..self }
    }

    /// The origin of the page that embeds the portal.
    pub fn within(self, origin: &str) -> Self {
        Self { parent_origin: Some(clean(origin)), ..self }
    }

    /// What it was done to.
    pub fn about(self, object: &str) -> Self {
        Self { object: Some(clean(object)), ..self }
    }

    pub fn rows(self, rows: u64) -> Self {
        Self { rows: Some(rows), ..self }
    }

    /// Enough of a token's hash to find its other lines by.
    pub fn with(self, token: &TokenHash) -> Self {
        Self { token: Some(token.short()), ..self }
    }

    /// Anything else that is to be known: never a token, a password or what a person typed into a form of secrets.
    pub fn saying(self, detail: &str) -> Self {
        Self { detail: Some(clean(detail)), ..self }
    }
}

/// A text as one line of a log can hold it: also for whoever reads it in a terminal.
fn clean(text: &str) -> String {
    let reorders =
        |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    text.chars().filter(|c| !c.is_control() && !reorders(*c)).take(TEXT_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_no_control_characters_and_no_more_of_a_text_than_is_useful() {
        let event =
            Event::new(Action::Export, Outcome::Ok).about("a\r\nb\u{1b}[31m\u{202e}c").saying(&"x".repeat(9_999));
        let json = serde_json::to_string(&event).expect("JSON");
        assert!(json.contains(r#""object":"ab[31mc""#), "{json}");
        assert!(json.len() < TEXT_CHARS_MAX + 100, "{}", json.len());
    }

    #[test]
    fn a_person_s_words_and_a_token_s_beginning_are_all_that_is_kept() {
        let hash = TokenHash::of("secret");
        let event = Event::new(Action::SignIn, Outcome::Ok).by(&Principal::local()).with(&hash);
        let json = serde_json::to_string(&event).expect("JSON");
        let expected = format!(
            r#"{{"action":"sign_in","result":"ok","subject":"local","issuer":"local","role":"operator","token":"{}"}}"#,
            hash.short()
        );
        assert_eq!(json, expected);
        assert_eq!(hash.short().len(), 8);
    }
}
