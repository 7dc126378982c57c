//! Page sizes and page tokens. A token is opaque, belongs to one operation of one site, and cannot be forged.

use std::ops::Range;

use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned, ser::SerializeMap};

use super::{
    calls::Target,
    context::{Context, to_json},
    error::ApiError,
    fault::FaultKind,
};
use crate::random;

/// The range and the default of an operation's MaxResults.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub min: usize,
    pub max: usize,
    pub default: usize,
}

impl Limits {
    pub(super) const fn new(min: usize, max: usize, default: usize) -> Limits {
        Limits { min, max, default }
    }

    fn size(self, max_results: Option<i64>) -> Result<usize, ApiError> {
        let Some(requested) = max_results else { return Ok(self.default) };
        let constraint = match usize::try_from(requested) {
            Ok(size) if (self.min..=self.max).contains(&size) => return Ok(size),
            Ok(size) if size > self.max => format!("less than or equal to {}", self.max),
            _ => format!("greater than or equal to {}", self.min),
        };
        Err(ApiError::validation(&format!(
            "Value '{requested}' at 'maxResults' failed to satisfy constraint: Member must have value {constraint}"
        )))
    }
}

/// The paging members that all list operations have. Quick Setup names them otherwise.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PageRequest {
    #[serde(alias = "MaxItems")]
    max_results: Option<i64>,
    #[serde(alias = "StartingToken")]
    next_token: Option<String>,
}

/// Reads the input of a list operation, and the pager for its output.
pub(super) fn paged_input<'a, T: DeserializeOwned>(
    context: &'a Context<'_>,
    limits: Limits,
) -> Result<(T, Pager<'a>), ApiError> {
    let (target, fault) = (context.target, context.fault);
    Ok((context.input()?, Pager { target, fault, limits, request: context.input()? }))
}

pub(super) struct Pager<'a> {
    target: Target<'a>,
    fault: Option<&'a FaultKind>,
    limits: Limits,
    request: PageRequest,
}

pub(super) struct Page {
    pub range: Range<usize>,
    pub next_token: Option<String>,
}

/// Where a page begins, and how many empty pages of a [`FaultKind::TokenChain`] came before it.
#[derive(Clone, Copy, Default)]
struct Position {
    offset: u32,
    chained: u32,
}

impl Pager<'_> {
    /// The requested page of `total` rows. A token is only valid for the subject that it was made for, such as an
    /// instance id.
    pub(super) fn page(&self, subject: &str, total: usize) -> Result<Page, ApiError> {
        let limits = match self.fault {
            Some(&FaultKind::PageRowsMax(max)) => Limits { max, default: self.limits.default.min(max), ..self.limits },
            _ => self.limits,
        };
        let size = limits.size(self.request.max_results)?;
        let Target { systems_account, region, operation } = self.target;
        let scope = random::hash_all(&[systems_account, region, operation, subject]);
        let at = match self.request.next_token.as_deref().filter(|token| !token.is_empty()) {
            Some(token) => parse(token, scope).ok_or_else(ApiError::invalid_next_token)?,
            None => Position::default(),
        };
        let start = (at.offset as usize).min(total);
        let end = (start + size).min(total);
        let next = |offset: usize, chained| token(Position { offset: offset as u32, chained }, scope);
        let (range, next_token) = match self.fault {
            Some(FaultKind::EmptyTokenAtEnd) if end == total => (start..end, Some(String::new())),
            Some(FaultKind::RepeatingToken) => (start..end, Some(next(start, 0))),
            Some(FaultKind::EmptyPageWithToken) => (start..start, Some(next(start, 0))),
            Some(FaultKind::TokenChain) => (start..start, Some(next(start, at.chained.wrapping_add(1)))),
            _ => (start..end, (end < total).then(|| next(end, 0))),
        };
        Ok(Page { range, next_token })
    }

    /// An output with the requested page of `found` as a list of the given name.
    pub(super) fn respond<'f, T, R: Serialize>(
        &self,
        name: &'static str,
        subject: &str,
        found: &'f [T],
        row: impl Fn(&'f T) -> R,
    ) -> Result<Vec<u8>, ApiError> {
        let page = self.page(subject, found.len())?;
        let rows = found[page.range].iter().map(row).collect();
        to_json(&PageOutput { name, rows, next_token: page.next_token })
    }
}

struct PageOutput<R> {
    name: &'static str,
    rows: Vec<R>,
    next_token: Option<String>,
}

impl<R: Serialize> Serialize for PageOutput<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(self.name, &self.rows)?;
        if let Some(token) = &self.next_token {
            map.serialize_entry("NextToken", token)?;
        }
        map.end()
    }
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
