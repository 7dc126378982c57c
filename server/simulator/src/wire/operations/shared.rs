//! What several operations have in common: filters, id patterns, look-ups in a site.

use jiff::Timestamp;
use serde::Deserialize;

use super::super::{context::Context, error::ApiError};
use crate::estate::Instance;

/// Most operations accept this many filters.
pub(super) const FILTERS_MAX: usize = 5;

pub(super) const INSTANCE_ID_PATTERN: &str = "(^i-(\\w{8}|\\w{17})$)|(^mi-\\w{17}$)";

/// The input of list operations that have filters only.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FilterInput {
    #[serde(default)]
    pub filters: Vec<Filter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Filter {
    pub key: String,
    #[serde(default)]
    pub values: Vec<String>,
    /// The comparison. Only GetInventory and ListComplianceItems have one.
    pub r#type: Option<String>,
}

impl Filter {
    pub(super) fn has(&self, value: &str) -> bool {
        self.values.iter().any(|wanted| wanted == value)
    }

    /// Compares a value by the filter's type, as GetInventory (`BeginWith`) or ListComplianceItems (`BEGIN_WITH`)
    /// spells it.
    pub(super) fn accepts(&self, value: &str) -> bool {
        let any = |compare: fn(&str, &str) -> bool| self.values.iter().any(|wanted| compare(value, wanted));
        match self.r#type.as_deref() {
            Some("NotEqual" | "NOT_EQUAL") => !self.has(value),
            Some("BeginWith" | "BEGIN_WITH") => any(|value, wanted| value.starts_with(wanted)),
            Some("LessThan" | "LESS_THAN") => any(|value, wanted| value < wanted),
            Some("GreaterThan" | "GREATER_THAN") => any(|value, wanted| value > wanted),
            Some("Exists") => true,
            _ => self.has(value),
        }
    }
}

/// A filter of commands and associations, which have `key` and `value` in lower case.
#[derive(Deserialize)]
pub(super) struct KeyValueFilter {
    pub key: String,
    pub value: String,
}

/// Checks the number of filters and their keys. `unknown_key` makes the error for an unknown key.
pub(super) fn check_filters(
    filters: &[Filter],
    known: &[&str],
    unknown_key: impl Fn(&str) -> ApiError,
) -> Result<(), ApiError> {
    ApiError::length("filters", filters.len(), 0..=FILTERS_MAX)?;
    match filters.iter().find(|filter| !known.contains(&filter.key.as_str())) {
        Some(unknown) => Err(unknown_key(&unknown.key)),
        None => Ok(()),
    }
}

/// Checks the filters of windows, baselines and groups, which have no error of their own for an unknown key.
pub(super) fn check_enum_filters(filters: &[Filter], known: &[&str]) -> Result<(), ApiError> {
    check_filters(filters, known, |key| ApiError::not_in_enum("filters.key", key, known))
}

/// Checks the filters of the operations that compare: their keys, comparisons and numbers of values.
pub(super) fn check_comparisons(
    filters: &[Filter],
    is_known: impl Fn(&str) -> bool,
    comparisons: &[&str],
    values_max: usize,
) -> Result<(), ApiError> {
    for Filter { key, values, r#type } in filters {
        let has_comparison = r#type.as_deref().is_none_or(|wanted| comparisons.contains(&wanted));
        if !is_known(key) || !has_comparison || (values.is_empty() && r#type.as_deref() != Some("Exists")) {
            return Err(ApiError::invalid_filter(key));
        }
        ApiError::length("filters.values", values.len(), 0..=values_max)?;
    }
    Ok(())
}

/// `i-…` with 8 or 17 characters, or `mi-…` with 17.
pub(super) fn is_instance_id(id: &str) -> bool {
    let is_word = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match (id.strip_prefix("mi-"), id.strip_prefix("i-")) {
        (Some(rest), _) => rest.len() == 17 && is_word(rest),
        (None, Some(rest)) => matches!(rest.len(), 8 | 17) && is_word(rest),
        (None, None) => false,
    }
}

/// The instance with an id, if it exists today.
pub(super) fn existing_instance<'a>(context: &Context<'a>, id: &str) -> Option<&'a Instance> {
    context.site?.instance(id).filter(|instance| instance.exists(context.today()))
}

/// A filter value such as `2025-11-01T00:00:00Z`.
pub(super) fn timestamp(key: &str, value: &str) -> Result<Timestamp, ApiError> {
    value.parse().map_err(|_| ApiError::invalid_filter(key))
}

/// None for an empty text, which outputs leave out.
pub(super) fn non_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
