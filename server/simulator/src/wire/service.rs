//! The services behind the one address, and how each of them words common errors.

use http::StatusCode;

use super::{error::ApiError, quick_setup, signature::SignatureError, state::hub_user_arn};

const SSM_PREFIX: &str = "AmazonSSM.";
const SQS_PREFIX: &str = "AmazonSQS.";
const ORGANIZATIONS_PREFIX: &str = "AWSOrganizationsV20161128.";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Ssm,
    Sts,
    Organizations,
    QuickSetup,
    Sqs,
    Iam,
}

impl Service {
    /// The service and the operation in an `X-Amz-Target` header, or in the path. The query protocol has the operation in
    /// its body instead.
    pub(super) fn of<'a>(target: &'a str, path: &str) -> (Service, Option<&'a str>) {
        if target.is_empty() {
            return match quick_setup::operation(path) {
                Some(operation) => (Service::QuickSetup, Some(operation)),
                None => (Service::Sts, None),
            };
        }
        let prefixes = [(ORGANIZATIONS_PREFIX, Service::Organizations), (SQS_PREFIX, Service::Sqs)];
        let found = prefixes.into_iter().find_map(|(prefix, service)| Some((service, target.strip_prefix(prefix)?)));
        let (service, operation) =
            found.unwrap_or_else(|| (Service::Ssm, target.strip_prefix(SSM_PREFIX).unwrap_or(target)));
        (service, Some(operation))
    }

    /// The name in the scope of a signature.
    pub(super) fn signing_name(self) -> &'static str {
        match self {
            Service::Ssm => "ssm",
            Service::Sts => "sts",
            Service::Organizations => "organizations",
            Service::QuickSetup => "ssm-quicksetup",
            Service::Sqs => "sqs",
            Service::Iam => "iam",
        }
    }

    fn is_query(self) -> bool {
        matches!(self, Service::Sts | Service::Iam)
    }

    /// Refuses the caller. The query protocol has codes and a status of its own for that.
    fn refused(self, query_code: &str, json_code: &str, message: impl Into<String>) -> ApiError {
        match self {
            Service::Sts | Service::Iam => ApiError::common(StatusCode::FORBIDDEN, query_code, message),
            Service::QuickSetup => ApiError::common(StatusCode::FORBIDDEN, json_code, message),
            Service::Ssm | Service::Organizations | Service::Sqs => {
                ApiError::common(StatusCode::BAD_REQUEST, json_code, message)
            }
        }
    }

    pub(super) fn throttled(self) -> ApiError {
        let code = match self {
            Service::Ssm | Service::QuickSetup => "ThrottlingException",
            Service::Sts | Service::Iam => "Throttling",
            Service::Organizations => "TooManyRequestsException",
            Service::Sqs => "RequestThrottled",
        };
        ApiError::common(StatusCode::BAD_REQUEST, code, "Rate exceeded")
    }

    pub(super) fn internal_error(self) -> ApiError {
        let message = "An error occurred on the server side.";
        match self {
            Service::Organizations => ApiError::common(StatusCode::INTERNAL_SERVER_ERROR, "ServiceException", message),
            Service::QuickSetup => {
                ApiError::common(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerException", message)
            }
            Service::Iam => ApiError::common(StatusCode::INTERNAL_SERVER_ERROR, "ServiceFailure", message),
            Service::Ssm | Service::Sqs | Service::Sts => ApiError::ssm("InternalServerError", message),
        }
    }

    pub(super) fn invalid_next_token(self) -> ApiError {
        match self {
            Service::Organizations => {
                ApiError::ssm("InvalidInputException", "You specified an invalid value for NextToken.")
            }
            Service::QuickSetup => ApiError::validation("The value of StartingToken is not valid."),
            Service::Ssm | Service::Sqs | Service::Sts | Service::Iam => ApiError::invalid_next_token(),
        }
    }

    pub(super) fn denied(self, caller_arn: &str, operation: &str) -> ApiError {
        let action = format!("{}:{operation}", self.signing_name());
        let message = match self.is_query() {
            true => format!("User: {} is not authorized to perform: {action}", hub_user_arn()),
            false => format!(
                "User: {caller_arn} is not authorized to perform: {action} because no identity-based policy allows the \
                 {action} action"
            ),
        };
        self.refused("AccessDenied", "AccessDeniedException", message)
    }

    pub(super) fn unknown_key(self) -> ApiError {
        let message = "The security token included in the request is invalid.";
        self.refused("InvalidClientTokenId", "UnrecognizedClientException", message)
    }

    pub(super) fn expired(self) -> ApiError {
        let message = "The security token included in the request is expired";
        self.refused("ExpiredToken", "ExpiredTokenException", message)
    }

    pub(super) fn invalid_signature(self, error: SignatureError) -> ApiError {
        let mismatch = |message: String| self.refused("SignatureDoesNotMatch", "InvalidSignatureException", message);
        match error {
            SignatureError::Missing => {
                let start = if self.is_query() { "Request is missing" } else { "Missing" };
                let message = format!("{start} Authentication Token");
                self.refused("MissingAuthenticationToken", "MissingAuthenticationTokenException", message)
            }
            SignatureError::Incomplete => {
                let message = "The Authorization header is not complete.";
                self.refused("IncompleteSignature", "IncompleteSignatureException", message)
            }
            SignatureError::Skewed(message) => mismatch(message),
            SignatureError::Mismatch => mismatch(
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                 Access Key and signing method. Consult the service documentation for details."
                    .to_owned(),
            ),
        }
    }
}
