//! Errors in AWS's own words, before they become JSON or XML.

use std::ops::RangeInclusive;

use http::StatusCode;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub(super) struct ApiError {
    pub status: StatusCode,
    pub code: String,
    pub message: String,
    /// Whether it is common to all services, which spell the member `message`. SSM's own errors spell it `Message`.
    pub is_common: bool,
    /// The member `Reason`, which some errors of Organizations have.
    pub reason: Option<&'static str>,
}

impl ApiError {
    /// One of SSM's own errors.
    pub(super) fn ssm(code: &str, message: &str) -> ApiError {
        let server = code == "InternalServerError";
        let status = if server { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::BAD_REQUEST };
        ApiError { status, code: code.to_owned(), message: message.to_owned(), is_common: false, reason: None }
    }

    /// One of the errors common to all services.
    pub(super) fn common(status: StatusCode, code: &str, message: impl Into<String>) -> ApiError {
        ApiError { status, code: code.to_owned(), message: message.into(), is_common: true, reason: None }
    }

    /// What Organizations answers where one of its quotas is reached.
    pub(super) fn constraint(reason: &'static str, message: &str) -> ApiError {
        ApiError { reason: Some(reason), ..ApiError::ssm("ConstraintViolationException", message) }
    }

    pub(super) fn validation(detail: &str) -> ApiError {
        let message = format!("1 validation error detected: {detail}");
        ApiError::common(StatusCode::BAD_REQUEST, "ValidationException", message)
    }

    /// Checks the length of a list member.
    pub(super) fn length(member: &str, length: usize, allowed: RangeInclusive<usize>) -> Result<(), ApiError> {
        let constraint = match length {
            _ if allowed.contains(&length) => return Ok(()),
            _ if length > *allowed.end() => format!("less than or equal to {}", allowed.end()),
            _ => format!("greater than or equal to {}", allowed.start()),
        };
        Err(ApiError::validation(&format!(
            "Value at '{member}' failed to satisfy constraint: Member must have length {constraint}"
        )))
    }

    pub(super) fn pattern(member: &str, value: &str, pattern: &str) -> ApiError {
        ApiError::validation(&format!(
            "Value '{value}' at '{member}' failed to satisfy constraint: Member must satisfy regular expression pattern: \
             {pattern}"
        ))
    }

    pub(super) fn not_in_enum(member: &str, value: &str, allowed: &[&str]) -> ApiError {
        ApiError::validation(&format!(
            "Value '{value}' at '{member}' failed to satisfy constraint: Member must satisfy enum value set: [{}]",
            allowed.join(", ")
        ))
    }

    pub(super) fn required(member: &str) -> ApiError {
        let detail = format!("Value null at '{member}' failed to satisfy constraint: Member must not be null");
        ApiError::validation(&detail)
    }

    pub(super) fn invalid_next_token() -> ApiError {
        ApiError::ssm("InvalidNextToken", "The specified token is not valid.")
    }

    pub(super) fn invalid_filter(key: &str) -> ApiError {
        ApiError::ssm("InvalidFilter", &format!("The filter key {key:?} or its value is not valid."))
    }

    /// An error without a message member.
    pub(super) fn invalid_filter_key() -> ApiError {
        ApiError::ssm("InvalidFilterKey", "")
    }

    /// The only one of SSM's own errors that spells the member `message`.
    pub(super) fn invalid_filter_value(message: &str) -> ApiError {
        ApiError::common(StatusCode::BAD_REQUEST, "InvalidInstanceInformationFilterValue", message)
    }

    pub(super) fn unknown_operation() -> ApiError {
        ApiError::common(StatusCode::BAD_REQUEST, "UnknownOperationException", "")
    }

    pub(super) fn invalid_instance_id(id: &str) -> ApiError {
        ApiError::ssm("InvalidInstanceId", &format!("The instance ID {id:?} is not valid for this account."))
    }
}
