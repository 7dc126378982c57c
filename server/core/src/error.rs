//! What went wrong with one operation of one pull, in the classes that the harvest page shows.

use muster_model::harvest::ErrorClass;
use std::{error::Error as StdError, time::Duration};

/// The check of where the role led.
pub const GET_CALLER_IDENTITY: &str = "GetCallerIdentity";
/// Ours: the account's or the round's time was used up.
const OUT_OF_TIME: &str = "OutOfTime";
/// Longest message kept.
pub const MESSAGE_MAX_CHARS: usize = 400;
/// AWS's codes of a session that ran out.
pub const EXPIRED_CODES: [&str; 2] = ["ExpiredToken", "ExpiredTokenException"];

/// One operation that could not be completed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {message} ({code})")]
pub struct CollectError {
    /// AWS's name of the operation.
    pub operation: &'static str,
    pub class: ErrorClass,
    pub code: String,
    pub message: String,
    /// When the endpoint said how long to wait.
    pub retry_after: Option<Duration>,
}

impl CollectError {
    /// An answer that was understood by the SDK but cannot be one of Systems Manager's.
    pub fn schema(operation: &'static str, message: impl Into<String>) -> Self {
        Self::new(operation, ErrorClass::Schema, "UnexpectedAnswer", message)
    }

    /// The role led into another account than the roster says: nothing of it may be read.
    pub fn wrong_account(expected: &str, landed: &str) -> Self {
        let message = format!("the role belongs to account {landed}, but the roster says {expected}");
        Self::new(GET_CALLER_IDENTITY, ErrorClass::Credentials, "WrongAccount", message)
    }

    /// The time of the account, or of the whole round, ended before the operation did. What held it up decides the
    /// class; with nothing in its way the account just has more to tell than its pace allows.
    pub fn out_of_time(operation: &'static str, held_up_by: Option<&Self>) -> Self {
        let class = held_up_by.map_or(ErrorClass::Throttled, |error| error.class);
        let cause = held_up_by.map(|error| format!(" after {} ({})", error.message, error.code)).unwrap_or_default();
        let message = format!("the time for this account was used up{cause}; the next round goes on from here");
        Self::new(operation, class, OUT_OF_TIME, message)
    }

    fn new(operation: &'static str, class: ErrorClass, code: &str, message: impl Into<String>) -> Self {
        Self { operation, class, code: code.to_owned(), message: message.into(), retry_after: None }
    }

    /// The session ran out: a new one may help.
    pub fn is_expired(&self) -> bool {
        EXPIRED_CODES.contains(&self.code.as_str())
    }

    pub fn is_out_of_time(&self) -> bool {
        self.code == OUT_OF_TIME
    }

    /// No credentials could be had at all, or not in time.
    pub fn no_credentials(operation: &'static str, error: &(dyn StdError + 'static)) -> Self {
        let message: String = error_chain(error).chars().take(MESSAGE_MAX_CHARS).collect();
        Self::new(operation, ErrorClass::Credentials, "NoCredentials", message)
    }
}

/// The error and its causes in one line, each said once.
pub fn error_chain(error: &dyn StdError) -> String {
    let mut parts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if parts.last() != Some(&text) {
            parts.push(text);
        }
        source = cause.source();
    }
    parts.join(": ")
}
