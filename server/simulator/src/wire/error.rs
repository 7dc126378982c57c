//! An error as AWS words it, before it becomes JSON or XML.

use http::StatusCode;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub(super) struct ApiError {
    pub status: StatusCode,
    pub code: String,
    pub message: String,
    /// SSM's own error shapes spell the member `Message`, the errors common to all services `message`.
    pub common: bool,
}

impl ApiError {
    /// One of SSM's own errors.
    pub(super) fn ssm(code: &str, message: &str) -> ApiError {
        let server = code == "InternalServerError";
        let status = if server { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::BAD_REQUEST };
        ApiError { status, code: code.to_owned(), message: message.to_owned(), common: false }
    }

    /// One of the errors common to all services.
    pub(super) fn common(status: StatusCode, code: &str, message: impl Into<String>) -> ApiError {
        ApiError { status, code: code.to_owned(), message: message.into(), common: true }
    }

    pub(super) fn validation(detail: &str) -> ApiError {
        let message = format!("1 validation error detected: {detail}");
        ApiError::common(StatusCode::BAD_REQUEST, "ValidationException", message)
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

    pub(super) fn invalid_filter_key(key: &str) -> ApiError {
        ApiError::ssm("InvalidFilterKey", &format!("The filter key {key:?} is not valid."))
    }

    pub(super) fn invalid_instance_id(id: &str) -> ApiError {
        ApiError::ssm("InvalidInstanceId", &format!("The instance ID {id:?} is not valid for this account."))
    }
}
