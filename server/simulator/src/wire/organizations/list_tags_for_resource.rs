//! ListTagsForResource of Organizations: the tags of one account, in pages whose size the caller cannot choose.

use serde::{Deserialize, Serialize};

use super::super::{
    context::Context,
    error::ApiError,
    page::{Limits, Request, page},
};
use crate::estate::{Estate, organization};

/// Fewer than an account has, so that a caller who reads one page misses something.
const TAGS_PER_PAGE: usize = 5;
const LIMITS: Limits = Limits::new(TAGS_PER_PAGE, TAGS_PER_PAGE, TAGS_PER_PAGE);

const ACCOUNT_ID_LENGTH: usize = 12;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    resource_id: Option<String>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output<'a> {
    tags: Vec<Tag<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Tag<'a> {
    key: &'static str,
    value: &'a str,
}

pub(super) fn answer(context: &Context<'_>, estate: &Estate) -> Result<Vec<u8>, ApiError> {
    let input: Input = context.input()?;
    let id = input.resource_id.ok_or_else(|| ApiError::required("resourceId"))?;
    if id.len() != ACCOUNT_ID_LENGTH || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        let message = "You provided a value that does not match the required pattern.";
        return Err(ApiError::ssm("InvalidInputException", message));
    }
    let missing = || ApiError::ssm("TargetNotFoundException", "You specified a target that doesn't exist.");
    let all = organization::tags(estate, &id).ok_or_else(missing)?;
    let request = Request { limits: LIMITS, max_results: None, next_token: input.next_token.as_deref(), subject: &id };
    let page = page(context, &request, all.len())?;
    let tags = all[page.range].iter().map(|(key, value)| Tag { key, value }).collect();
    context.answer(&Output { tags, next_token: page.next_token })
}
