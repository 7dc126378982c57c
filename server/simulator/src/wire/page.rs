//! Page sizes and page tokens. A token is opaque, belongs to one operation of one place, and cannot be made up.

use std::ops::Range;

use super::{context::Context, error::ApiError, fault::FaultKind};
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
    EmptyTokenAtEnd,
    TokenChain,
}

impl Paging {
    pub(super) fn under(fault: Option<&FaultKind>) -> Paging {
        match fault {
            Some(FaultKind::RepeatingToken) => Paging::RepeatingToken,
            Some(FaultKind::EmptyPageWithToken) => Paging::EmptyPageWithToken,
            Some(FaultKind::EmptyTokenAtEnd) => Paging::EmptyTokenAtEnd,
            Some(FaultKind::TokenChain) => Paging::TokenChain,
            _ => Paging::Honest,
        }
    }
}

pub(super) struct Page {
    pub range: Range<usize>,
    pub next_token: Option<String>,
}

/// Where a page begins, and how many empty pages of a chain led there.
#[derive(Clone, Copy, Default)]
struct Position {
    offset: u32,
    chained: u32,
}

/// The rows of `total` that this request gets.
pub(super) fn page(context: &Context<'_>, request: &Request<'_>, total: usize) -> Result<Page, ApiError> {
    let size = request.limits.size(request.max_results)?;
    let scope = random::hash_all(&[context.systems_account, context.region, context.operation, request.subject]);
    let at = match request.next_token.filter(|token| !token.is_empty()) {
        Some(token) => parse(token, scope).ok_or_else(ApiError::invalid_next_token)?,
        None => Position::default(),
    };
    let start = (at.offset as usize).min(total);
    let end = (start + size).min(total);
    let next = |offset: usize, chained| token(Position { offset: offset as u32, chained }, scope);
    let (range, next_token) = match context.paging {
        Paging::Honest => (start..end, (end < total).then(|| next(end, 0))),
        Paging::EmptyTokenAtEnd if end == total => (start..end, Some(String::new())),
        Paging::EmptyTokenAtEnd => (start..end, Some(next(end, 0))),
        Paging::RepeatingToken => (start..end, Some(next(start, 0))),
        Paging::EmptyPageWithToken => (start..start, Some(next(start, 0))),
        Paging::TokenChain => (start..start, Some(next(start, at.chained.wrapping_add(1)))),
    };
    Ok(Page { range, next_token })
}

fn token(at: Position, scope: u64) -> String {
    let Position { offset, chained } = at;
    let seal = random::mix(scope ^ (u64::from(offset) << 32 | u64::from(chained)));
    format!("AAEAA{offset:08x}{chained:08x}{seal:016x}")
}

fn parse(text: &str, scope: u64) -> Option<Position> {
    let digits = text.strip_prefix("AAEAA")?.get(..16)?;
    let both = u64::from_str_radix(digits, 16).ok()?;
    let at = Position { offset: (both >> 32) as u32, chained: both as u32 };
    (token(at, scope) == text).then_some(at)
}
