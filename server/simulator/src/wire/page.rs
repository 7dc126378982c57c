//! Page sizes and page tokens. A token is opaque, belongs to one operation of one place, and cannot be made up.

use std::ops::Range;

use super::{context::Context, error::ApiError};
use crate::random;

/// Smallest, greatest and default MaxResults of an operation.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub least: usize,
    pub most: usize,
    pub default: usize,
}

impl Limits {
    pub(super) const fn new(least: usize, most: usize, default: usize) -> Limits {
        Limits { least, most, default }
    }

    fn size(self, max_results: Option<i64>) -> Result<usize, ApiError> {
        let Some(asked) = max_results else { return Ok(self.default) };
        let constraint = match usize::try_from(asked) {
            Ok(size) if (self.least..=self.most).contains(&size) => return Ok(size),
            Ok(size) if size > self.most => format!("less than or equal to {}", self.most),
            _ => format!("greater than or equal to {}", self.least),
        };
        Err(ApiError::validation(&format!(
            "Value '{asked}' at 'maxResults' failed to satisfy constraint: Member must have value {constraint}"
        )))
    }
}

/// What a request said about paging, and about what: a token of one instance is no token of another.
pub(super) struct Request<'a> {
    pub limits: Limits,
    pub max_results: Option<i64>,
    pub next_token: Option<&'a str>,
    pub subject: &'a str,
}

/// How pages behave; other than `Honest` only by a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paging {
    Honest,
    RepeatingToken,
    EmptyPageWithToken,
}

pub(super) struct Page {
    pub range: Range<usize>,
    pub next_token: Option<String>,
}

/// The rows of `total` that this request gets.
pub(super) fn page(context: &Context<'_>, request: &Request<'_>, total: usize) -> Result<Page, ApiError> {
    let size = request.limits.size(request.max_results)?;
    let scope = format!("{}/{}/{}", context.place(), context.operation, request.subject);
    let start = match request.next_token.filter(|token| !token.is_empty()) {
        Some(token) => parse(token, &scope).ok_or_else(ApiError::invalid_next_token)?,
        None => 0,
    };
    let start = start.min(total);
    let end = (start + size).min(total);
    let next = match context.paging {
        Paging::Honest => (end < total).then_some(end),
        Paging::RepeatingToken => Some(start),
        Paging::EmptyPageWithToken => Some(start),
    };
    let range = if context.paging == Paging::EmptyPageWithToken { start..start } else { start..end };
    Ok(Page { range, next_token: next.map(|offset| token(offset, &scope)) })
}

fn token(offset: usize, scope: &str) -> String {
    let seal = random::hash(&format!("{scope}#{offset}"));
    format!("AAEAA{offset:08x}{seal:016x}")
}

fn parse(text: &str, scope: &str) -> Option<usize> {
    let digits = text.strip_prefix("AAEAA")?.get(..8)?;
    let offset = usize::from_str_radix(digits, 16).ok()?;
    (token(offset, scope) == text).then_some(offset)
}
