//! Errors of one operation of one pull, in the classes that the harvest page shows.

use aws_smithy_runtime_api::client::{
    orchestrator::HttpResponse,
    result::{ConnectorError, SdkError},
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use muster_core::{partition::may_be_disabled, snapshot::OperationError};
use muster_model::harvest::{ErrorClass, NO_CREDENTIALS, SERVICE_NOT_IN_REGION, UNREACHABLE, WRONG_ACCOUNT};
use std::{error::Error as StdError, time::Duration};

/// Opens a session in a systems account.
pub const ASSUME_ROLE: &str = "AssumeRole";
/// Names the account of that session.
pub const GET_CALLER_IDENTITY: &str = "GetCallerIdentity";
/// Our own code: the timeout of the account or of the round was reached.
const TIMED_OUT: &str = "OutOfTime";
/// The longest wait that an endpoint can ask for.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);
/// The longest message that is stored.
const MESSAGE_MAX_CHARS: usize = 400;

/// Codes of throttled requests. Systems Manager's API model has none of them on the operations used here.
const THROTTLING_CODES: [&str; 9] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "LimitExceededException",
    "SlowDown",
];
const DENIED_CODES: [&str; 3] = ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"];
/// Codes of Regions that an account does not have.
const REGION_CODES: [&str; 3] = ["RegionDisabledException", "OptInRequired", "SubscriptionRequiredException"];
/// Codes of a session or key that the Region does not know. A Region that the account has not enabled answers with these.
const UNKNOWN_KEY_CODES: [&str; 2] = ["UnrecognizedClientException", "InvalidClientTokenId"];
const EXPIRED_CODES: [&str; 2] = ["ExpiredToken", "ExpiredTokenException"];
const CREDENTIALS_CODES: [&str; 5] = [
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "IncompleteSignature",
    "SignatureDoesNotMatch",
];
const CLOCK_CODES: [&str; 3] = ["RequestExpired", "RequestTimeTooSkewed", "InvalidSignatureException"];
/// STS has no code for a wrong clock, only `SignatureDoesNotMatch` with a message that starts like these.
const CLOCK_MESSAGES: [&str; 2] = ["Signature expired", "Signature not yet current"];

/// Parts of messages about a host name that was not found.
const NAME_MESSAGES: [&str; 2] = ["dns error", "failed to lookup address"];

/// One operation that could not be completed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {message} ({code})")]
pub struct CollectError {
    /// AWS's name of the operation.
    pub operation: &'static str,
    pub class: ErrorClass,
    pub code: String,
    pub message: String,
    /// How long the endpoint asks to wait, if it does.
    pub retry_after: Option<Duration>,
}

impl CollectError {
    /// The SDK could read the answer, but it cannot be one of Systems Manager.
    pub fn schema(operation: &'static str, message: impl Into<String>) -> Self {
        Self::new(operation, ErrorClass::Schema, "UnexpectedAnswer", message)
    }

    /// The role belongs to another account than expected: nothing in it may be read.
    pub fn wrong_account(expected: &str, actual: &str) -> Self {
        let message = format!("the role belongs to account {actual}, not to {expected}");
        Self::new(GET_CALLER_IDENTITY, ErrorClass::Credentials, WRONG_ACCOUNT, message)
    }

    /// The account or the round timed out before the operation ended. The last failed attempt decides the class; without
    /// one, the account has more data than its rate limit allows to read in time.
    pub fn timed_out(operation: &'static str, last: Option<&Self>) -> Self {
        let class = last.map_or(ErrorClass::Throttled, |error| error.class);
        let cause = last.map(|error| format!(" after {} ({})", error.message, error.code)).unwrap_or_default();
        let message = format!("the account's timeout was reached{cause}; the next round continues from here");
        Self::new(operation, class, TIMED_OUT, message)
    }

    fn new(operation: &'static str, class: ErrorClass, code: &str, message: impl Into<String>) -> Self {
        Self { operation, class, code: code.to_owned(), message: message.into(), retry_after: None }
    }

    /// Takes into account in which Region the request failed: where one must be enabled first, an unknown session or host
    /// is a sign that it is not.
    #[must_use]
    pub fn in_region(self, region: &str) -> Self {
        let is_unknown_host = self.class == ErrorClass::Network && is_about_names(&self.message);
        let is_unknown = is_unknown_host || UNKNOWN_KEY_CODES.contains(&self.code.as_str());
        if is_unknown && may_be_disabled(region) { Self { class: ErrorClass::Region, ..self } } else { self }
    }

    /// Takes into account that a service is not in every Region: where its host is unknown, there is nothing of it to read.
    #[must_use]
    pub fn of_service_in(self, service: &str, region: &str) -> Self {
        if self.class != ErrorClass::Network || !is_about_names(&self.message) {
            return self;
        }
        let message = format!("{service} has no endpoint in {region} that this server can find: {}", self.message);
        Self { class: ErrorClass::Region, code: SERVICE_NOT_IN_REGION.to_owned(), message, ..self }
    }

    /// Whether the operation itself was refused, and will be again.
    pub fn is_refusal(&self) -> bool {
        self.code != TIMED_OUT && matches!(self.class, ErrorClass::Denied | ErrorClass::Schema)
    }

    /// Whether the endpoint does not know our credentials, as the endpoint of another partition does not.
    pub fn is_unknown_key(&self) -> bool {
        UNKNOWN_KEY_CODES.contains(&self.code.as_str())
    }

    /// Whether the session has expired, so that a new one may help.
    pub fn is_expired(&self) -> bool {
        EXPIRED_CODES.contains(&self.code.as_str())
    }

    /// Whether the operation would fail the same way for every further request in this account.
    pub fn blocks_operation(&self) -> bool {
        use ErrorClass::{Clock, Credentials, Denied, Region, Throttled};
        self.code == TIMED_OUT || matches!(self.class, Denied | Throttled | Credentials | Clock | Region)
    }

    /// No credentials were found, or not in time.
    pub fn no_credentials(operation: &'static str, error: &(dyn StdError + 'static)) -> Self {
        let message: String = chain(error).chars().take(MESSAGE_MAX_CHARS).collect();
        Self::new(operation, ErrorClass::Credentials, NO_CREDENTIALS, message)
    }

    /// Classifies an error of the SDK: by AWS's error code first, then by how the request failed.
    pub fn from_sdk<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let code = error.code().map(str::to_owned);
        let class = match (&code, error) {
            // A refused AssumeRole needs another trust policy or ExternalId, not more permissions.
            (Some(code), _) if operation == ASSUME_ROLE && class_of_code(code, status) == ErrorClass::Denied => {
                ErrorClass::Credentials
            }
            (Some(_), _) if error.message().is_some_and(is_about_clocks) => ErrorClass::Clock,
            (Some(code), _) => class_of_code(code, status),
            (None, SdkError::TimeoutError(_)) => ErrorClass::Network,
            (None, SdkError::DispatchFailure(failure)) => class_of_dispatch(failure.as_connector_error()),
            (None, SdkError::ConstructionFailure(_)) => ErrorClass::Credentials,
            // An unreadable answer with a 5xx status is a fault of the server.
            (None, _) => match status {
                Some(500..) => ErrorClass::Server,
                Some(403) => ErrorClass::Denied,
                _ => ErrorClass::Schema,
            },
        };
        let message = match error.message() {
            Some(message) => message.to_owned(),
            None => chain(error),
        };
        let code = code.unwrap_or_else(|| match (class, status) {
            (ErrorClass::Credentials, _) => NO_CREDENTIALS.to_owned(),
            (_, Some(status)) => format!("Http{status}"),
            (_, None) => UNREACHABLE.to_owned(),
        });
        let message = super::text::clean(&message).chars().take(MESSAGE_MAX_CHARS).collect();
        let retry_after = error.raw_response().and_then(retry_after);
        Self { operation, class, code, message, retry_after }
    }
}

impl From<CollectError> for OperationError {
    fn from(error: CollectError) -> Self {
        let CollectError { operation, class, code, message, retry_after: _ } = error;
        Self { operation, class, code, message }
    }
}

/// Returns how long the endpoint asks to wait. AWS's own header is in milliseconds, the standard one in seconds.
fn retry_after(response: &HttpResponse) -> Option<Duration> {
    let number = |name: &str| response.headers().get(name)?.trim().parse::<u64>().ok();
    let wait = number("x-amz-retry-after")
        .map(Duration::from_millis)
        .or_else(|| number("retry-after").map(Duration::from_secs))?;
    Some(wait.min(RETRY_AFTER_MAX))
}

fn class_of_code(code: &str, status: Option<u16>) -> ErrorClass {
    if THROTTLING_CODES.contains(&code) {
        ErrorClass::Throttled
    } else if DENIED_CODES.contains(&code) {
        ErrorClass::Denied
    } else if REGION_CODES.contains(&code) {
        ErrorClass::Region
    } else if EXPIRED_CODES.contains(&code) || CREDENTIALS_CODES.contains(&code) {
        ErrorClass::Credentials
    } else if CLOCK_CODES.contains(&code) {
        ErrorClass::Clock
    } else if status.is_some_and(|status| status >= 500) || code == "InternalServerError" {
        ErrorClass::Server
    } else {
        ErrorClass::Schema
    }
}

/// Whether a name was not found. An unreachable network looks the same, so the advice says both.
fn is_about_names(message: &str) -> bool {
    NAME_MESSAGES.iter().any(|part| message.contains(part))
}

fn is_about_clocks(message: &str) -> bool {
    CLOCK_MESSAGES.iter().any(|start| message.starts_with(start))
}

fn class_of_dispatch(error: Option<&ConnectorError>) -> ErrorClass {
    match error {
        // The SDK reports a failed look-up of credentials as a dispatch failure that is no I/O error.
        Some(error) if error.is_io() || error.is_timeout() => ErrorClass::Network,
        _ => ErrorClass::Credentials,
    }
}

/// Formats an error and its causes in one line, without repetitions.
fn chain(error: &dyn StdError) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classifies_errors_by_code() {
        for (code, status, class) in [
            ("ThrottlingException", Some(400), ErrorClass::Throttled),
            ("AccessDeniedException", Some(400), ErrorClass::Denied),
            ("AccessDenied", Some(403), ErrorClass::Denied),
            ("ExpiredTokenException", Some(400), ErrorClass::Credentials),
            ("InvalidSignatureException", Some(400), ErrorClass::Clock),
            ("InternalServerError", Some(500), ErrorClass::Server),
            ("ServiceUnavailable", Some(503), ErrorClass::Server),
            ("ValidationException", Some(400), ErrorClass::Schema),
            ("RegionDisabledException", Some(403), ErrorClass::Region),
            ("OptInRequired", Some(401), ErrorClass::Region),
        ] {
            assert_eq!(class_of_code(code, status), class, "{code}");
        }
    }

    #[test]
    fn a_service_whose_host_is_unknown_is_not_in_the_region() {
        for (class, message, expected) in [
            (ErrorClass::Network, "dispatch failure: dns error: failed to lookup address", ErrorClass::Region),
            (ErrorClass::Network, "dispatch failure: connection refused", ErrorClass::Network),
            (ErrorClass::Denied, "dns error", ErrorClass::Denied),
        ] {
            let error = CollectError::new("ListConfigurations", class, UNREACHABLE, message);
            assert_eq!(error.of_service_in("Quick Setup", "us-east-1").class, expected, "{message}");
        }
    }

    /// Whatever fails in a Region that need not be enabled is never blamed on the Region.
    #[test]
    fn an_unknown_session_or_host_is_about_the_region_where_it_may_be_disabled() {
        let unknown_host = "dispatch failure: io error: client error (Connect): dns error: failed to lookup address";
        let other = "dispatch failure: io error: connection refused";
        for (class, code, message, in_disabled) in [
            (ErrorClass::Credentials, "UnrecognizedClientException", "", ErrorClass::Region),
            (ErrorClass::Credentials, "InvalidClientTokenId", "", ErrorClass::Region),
            (ErrorClass::Network, UNREACHABLE, unknown_host, ErrorClass::Region),
            (ErrorClass::Network, UNREACHABLE, other, ErrorClass::Network),
            (ErrorClass::Credentials, "AccessDenied", "", ErrorClass::Credentials),
            (ErrorClass::Denied, "AccessDeniedException", "", ErrorClass::Denied),
        ] {
            let error = CollectError::new(ASSUME_ROLE, class, code, message);
            assert_eq!(error.clone().in_region("me-south-1").class, in_disabled, "{code} {message}");
            assert_eq!(error.in_region("us-east-1").class, class, "{code} {message}");
        }
    }
}
