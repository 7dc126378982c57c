//! The services behind the one address, and how each of them words common errors.

use http::StatusCode;

use super::{error::ApiError, signature::SignatureError, state::hub_user_arn};

const SSM_PREFIX: &str = "AmazonSSM.";
const ORGANIZATIONS_PREFIX: &str = "AWSOrganizationsV20161128.";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Ssm,
    Sts,
    Organizations,
}

impl Service {
    /// The service and the operation in an `X-Amz-Target` header. The query protocol has the operation in its body
    /// instead.
    pub(super) fn of(target: &str) -> (Service, Option<&str>) {
        if target.is_empty() {
            return (Service::Sts, None);
        }
        match target.strip_prefix(ORGANIZATIONS_PREFIX) {
            Some(operation) => (Service::Organizations, Some(operation)),
            None => (Service::Ssm, Some(target.strip_prefix(SSM_PREFIX).unwrap_or(target))),
        }
    }

    /// The name in the scope of a signature.
    pub(super) fn signing_name(self) -> &'static str {
        match self {
            Service::Ssm => "ssm",
            Service::Sts => "sts",
            Service::Organizations => "organizations",
        }
    }

    fn is_query(self) -> bool {
        self == Service::Sts
    }

    pub(super) fn throttled(self) -> ApiError {
        let code = match self {
            Service::Ssm => "ThrottlingException",
            Service::Sts => "Throttling",
            Service::Organizations => "TooManyRequestsException",
        };
        ApiError::common(StatusCode::BAD_REQUEST, code, "Rate exceeded")
    }

    pub(super) fn internal_error(self) -> ApiError {
        let message = "An error occurred on the server side.";
        match self {
            Service::Organizations => ApiError::common(StatusCode::INTERNAL_SERVER_ERROR, "ServiceException", message),
            Service::Ssm | Service::Sts => ApiError::ssm("InternalServerError", message),
        }
    }

    pub(super) fn invalid_next_token(self) -> ApiError {
        match self {
            Service::Organizations => {
                ApiError::ssm("InvalidInputException", "You specified an invalid value for NextToken.")
            }
            Service::Ssm | Service::Sts => ApiError::invalid_next_token(),
        }
    }

    pub(super) fn denied(self, caller_arn: &str, operation: &str) -> ApiError {
        if self.is_query() {
            let message = format!("User: {} is not authorized to perform: sts:{operation}", hub_user_arn());
            return ApiError::common(StatusCode::FORBIDDEN, "AccessDenied", message);
        }
        let action = format!("{}:{operation}", self.signing_name());
        let message = format!(
            "User: {caller_arn} is not authorized to perform: {action} because no identity-based policy allows the {action} \
             action"
        );
        ApiError::common(StatusCode::BAD_REQUEST, "AccessDeniedException", message)
    }

    pub(super) fn unknown_key(self) -> ApiError {
        let message = "The security token included in the request is invalid.";
        match self.is_query() {
            true => ApiError::common(StatusCode::FORBIDDEN, "InvalidClientTokenId", message),
            false => ApiError::common(StatusCode::BAD_REQUEST, "UnrecognizedClientException", message),
        }
    }

    pub(super) fn expired(self) -> ApiError {
        let message = "The security token included in the request is expired";
        match self.is_query() {
            true => ApiError::common(StatusCode::FORBIDDEN, "ExpiredToken", message),
            false => ApiError::common(StatusCode::BAD_REQUEST, "ExpiredTokenException", message),
        }
    }

    pub(super) fn invalid_signature(self, error: SignatureError) -> ApiError {
        let query = self.is_query();
        let status = if query { StatusCode::FORBIDDEN } else { StatusCode::BAD_REQUEST };
        let mismatch = if query { "SignatureDoesNotMatch" } else { "InvalidSignatureException" };
        let (code, message) = match error {
            SignatureError::Missing if query => {
                ("MissingAuthenticationToken", "Request is missing Authentication Token")
            }
            SignatureError::Missing => ("MissingAuthenticationTokenException", "Missing Authentication Token"),
            SignatureError::Incomplete if query => ("IncompleteSignature", "The Authorization header is not complete."),
            SignatureError::Incomplete => ("IncompleteSignatureException", "The Authorization header is not complete."),
            SignatureError::Skewed(message) => return ApiError::common(status, mismatch, message),
            SignatureError::Mismatch => (
                mismatch,
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                 Access Key and signing method. Consult the service documentation for details.",
            ),
        };
        ApiError::common(status, code, message)
    }
}
