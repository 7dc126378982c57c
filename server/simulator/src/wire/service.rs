//! The services behind the one address, and how each of them words what all of them refuse.

use http::StatusCode;

use super::{HUB_ACCOUNT, error::ApiError, organizations, signature::Refusal};

const SSM_PREFIX: &str = "AmazonSSM.";
const ORGANIZATIONS_PREFIX: &str = "AWSOrganizationsV20161128.";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Ssm,
    Sts,
    Organizations,
}

impl Service {
    /// The service and the operation that `X-Amz-Target` names. The query protocol has no such header; there the body
    /// names the operation.
    pub(super) fn of(target: &str) -> (Service, Option<&str>) {
        if target.is_empty() {
            return (Service::Sts, None);
        }
        match target.strip_prefix(ORGANIZATIONS_PREFIX) {
            Some(operation) => (Service::Organizations, Some(operation)),
            None => (Service::Ssm, Some(target.strip_prefix(SSM_PREFIX).unwrap_or(target))),
        }
    }

    /// As in the scope of a signature.
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

    pub(super) fn broken(self) -> ApiError {
        let message = "An error occurred on the server side.";
        match self {
            Service::Organizations => ApiError::common(StatusCode::INTERNAL_SERVER_ERROR, "ServiceException", message),
            Service::Ssm | Service::Sts => ApiError::ssm("InternalServerError", message),
        }
    }

    pub(super) fn invalid_next_token(self) -> ApiError {
        if self == Service::Organizations {
            organizations::invalid_next_token()
        } else {
            ApiError::invalid_next_token()
        }
    }

    pub(super) fn denied(self, who: &str, operation: &str) -> ApiError {
        if self.is_query() {
            let who = format!("arn:aws:iam::{HUB_ACCOUNT}:user/muster");
            let message = format!("User: {who} is not authorized to perform: sts:{operation}");
            return ApiError::common(StatusCode::FORBIDDEN, "AccessDenied", message);
        }
        let action = format!("{}:{operation}", self.signing_name());
        let message = format!(
            "User: {who} is not authorized to perform: {action} because no identity-based policy allows the {action} \
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

    pub(super) fn refused(self, refusal: Refusal) -> ApiError {
        let query = self.is_query();
        let status = if query { StatusCode::FORBIDDEN } else { StatusCode::BAD_REQUEST };
        let mismatch = if query { "SignatureDoesNotMatch" } else { "InvalidSignatureException" };
        let (code, message) = match refusal {
            Refusal::Missing if query => ("MissingAuthenticationToken", "Request is missing Authentication Token"),
            Refusal::Missing => ("MissingAuthenticationTokenException", "Missing Authentication Token"),
            Refusal::Incomplete if query => ("IncompleteSignature", "The Authorization header is not complete."),
            Refusal::Incomplete => ("IncompleteSignatureException", "The Authorization header is not complete."),
            Refusal::Skewed(words) => return ApiError::common(status, mismatch, words),
            Refusal::Wrong => (
                mismatch,
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                 Access Key and signing method. Consult the service documentation for details.",
            ),
        };
        ApiError::common(status, code, message)
    }
}
