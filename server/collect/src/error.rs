//! Classifies the SDK's errors as the harvest page shows them.

use aws_smithy_runtime_api::client::{
    orchestrator::HttpResponse,
    result::{ConnectorError, SdkError},
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use muster_core::error::{CollectError, EXPIRED_CODES, MESSAGE_MAX_CHARS, error_chain};
use muster_model::harvest::ErrorClass;
use std::{error::Error as StdError, time::Duration};

/// The way into a systems account.
pub const ASSUME_ROLE: &str = "AssumeRole";
/// No endpoint is obeyed for longer.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);

/// AWS's codes for "slower, please". Systems Manager models none of them on the operations used here.
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
const DENIED_CODES: [&str; 4] = ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "OptInRequired"];
const CREDENTIALS_CODES: [&str; 6] = [
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "IncompleteSignature",
    "SignatureDoesNotMatch",
    "RegionDisabledException",
];
const CLOCK_CODES: [&str; 3] = ["RequestExpired", "RequestTimeTooSkewed", "InvalidSignatureException"];
/// STS has no code of its own for a clock that is off, only these words after `SignatureDoesNotMatch`.
const CLOCK_WORDS: [&str; 2] = ["Signature expired", "Signature not yet current"];

/// Classifies what the SDK gave up with. The class follows AWS's error code first, then how the answer failed.
pub fn from_sdk<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> CollectError
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    let code = error.code().map(str::to_owned);
    let class = match (&code, error) {
        // Who may not assume a role needs another trust policy or ExternalId, not more permissions.
        (Some(code), _) if operation == ASSUME_ROLE && class_of_code(code, status) == ErrorClass::Denied => {
            ErrorClass::Credentials
        }
        (Some(_), _) if error.message().is_some_and(is_about_clocks) => ErrorClass::Clock,
        (Some(code), _) => class_of_code(code, status),
        (None, SdkError::TimeoutError(_)) => ErrorClass::Network,
        (None, SdkError::DispatchFailure(failure)) => class_of_dispatch(failure.as_connector_error()),
        (None, SdkError::ConstructionFailure(_)) => ErrorClass::Credentials,
        // An unreadable answer with a server's status is the server's fault, with a good one it is not an answer.
        (None, _) => match status {
            Some(500..) => ErrorClass::Server,
            Some(403) => ErrorClass::Denied,
            _ => ErrorClass::Schema,
        },
    };
    let message = match error.message() {
        Some(message) => message.to_owned(),
        None => error_chain(error),
    };
    let code = code.unwrap_or_else(|| match (class, status) {
        (ErrorClass::Credentials, _) => "NoCredentials".to_owned(),
        (_, Some(status)) => format!("Http{status}"),
        (_, None) => "Unreachable".to_owned(),
    });
    let message = super::text::clean(&message).chars().take(MESSAGE_MAX_CHARS).collect();
    let retry_after = error.raw_response().and_then(retry_after);
    CollectError { operation, class, code, message, retry_after }
}

/// How long the endpoint asks to wait: AWS's own header counts milliseconds, the standard one seconds.
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

fn is_about_clocks(message: &str) -> bool {
    CLOCK_WORDS.iter().any(|words| message.starts_with(words))
}

fn class_of_dispatch(error: Option<&ConnectorError>) -> ErrorClass {
    match error {
        // The SDK reports a failed look-up of credentials as an error of its own kind, not of the connection's.
        Some(error) if error.is_io() || error.is_timeout() => ErrorClass::Network,
        _ => ErrorClass::Credentials,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_decide_the_class() {
        for (code, status, class) in [
            ("ThrottlingException", Some(400), ErrorClass::Throttled),
            ("AccessDeniedException", Some(400), ErrorClass::Denied),
            ("AccessDenied", Some(403), ErrorClass::Denied),
            ("ExpiredTokenException", Some(400), ErrorClass::Credentials),
            ("InvalidSignatureException", Some(400), ErrorClass::Clock),
            ("InternalServerError", Some(500), ErrorClass::Server),
            ("ServiceUnavailable", Some(503), ErrorClass::Server),
            ("ValidationException", Some(400), ErrorClass::Schema),
        ] {
            assert_eq!(class_of_code(code, status), class, "{code}");
        }
    }
}
