//! AWS Organizations, which is JSON 1.1 too: one global endpoint in us-east-1 that only the management account may ask.

mod list_accounts;
mod list_tags_for_resource;

use http::StatusCode;

use super::{context::Context, dispatch::Caller, error::ApiError, sessions::Identity};
use crate::estate::Estate;

/// Where the global endpoint is.
const REGION: &str = "us-east-1";

/// Only whoever manages the organization may ask, and only there.
pub(super) fn admit(caller: &Caller) -> Result<(), ApiError> {
    if caller.identity != Identity::Hub {
        let message = "You don't have permissions to access this resource.";
        return Err(ApiError::ssm("AccessDeniedException", message));
    }
    if caller.region != REGION {
        let message = format!("Credential should be scoped to a valid region, not '{}'.", caller.region);
        return Err(ApiError::common(StatusCode::BAD_REQUEST, "InvalidSignatureException", message));
    }
    Ok(())
}

pub(super) fn answer(context: &Context<'_>, estate: &Estate) -> Result<Vec<u8>, ApiError> {
    let answer = match context.operation {
        "ListAccounts" => list_accounts::answer(context, estate),
        "ListTagsForResource" => list_tags_for_resource::answer(context, estate),
        _ => Err(ApiError::common(StatusCode::BAD_REQUEST, "UnknownOperationException", "")),
    };
    // The pages are made as SSM makes them; a token that is none is worded differently here.
    answer.map_err(|error| if error.code == "InvalidNextToken" { invalid_next_token() } else { error })
}

pub(super) fn invalid_next_token() -> ApiError {
    ApiError::ssm("InvalidInputException", "You specified an invalid value for NextToken.")
}
