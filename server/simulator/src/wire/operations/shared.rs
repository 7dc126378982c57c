//! What several operations have in common: filters, id patterns, membership of a site.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};
use serde::Deserialize;

use super::super::{context::Context, error::ApiError};
use crate::estate::{instance::Instance, site::Site, window::Window};

/// Most lists of filters have at most so many of them.
pub(super) const FILTERS_MAX: usize = 5;

pub(super) const INSTANCE_ID_PATTERN: &str = "(^i-(\\w{8}|\\w{17})$)|(^mi-\\w{17}$)";
const WINDOW_ID_PATTERN: &str = "^mw-[0-9a-f]{17}$";

/// A filter spelt `Key` and `Values`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Filter {
    pub key: String,
    #[serde(default)]
    pub values: Vec<String>,
}

impl Filter {
    pub(super) fn has(&self, value: &str) -> bool {
        self.values.iter().any(|wanted| wanted == value)
    }
}

/// At most five filters, with keys that the operation knows.
pub(super) fn check_filters(filters: &[Filter], known: &[&str]) -> Result<(), ApiError> {
    ApiError::length("filters", filters.len(), 0..=FILTERS_MAX)?;
    match filters.iter().find(|filter| !known.contains(&filter.key.as_str())) {
        Some(unknown) => Err(ApiError::invalid_filter(&unknown.key)),
        None => Ok(()),
    }
}

/// Maintenance windows, baselines and groups have no error of their own for a filter.
pub(super) fn check_plain_filters(filters: &[Filter], known: &[&str]) -> Result<(), ApiError> {
    ApiError::length("filters", filters.len(), 0..=FILTERS_MAX)?;
    match filters.iter().find(|filter| !known.contains(&filter.key.as_str())) {
        Some(unknown) => Err(ApiError::not_of("filters.key", &unknown.key, known)),
        None => Ok(()),
    }
}

/// `i-…` with 8 or 17 characters, or `mi-…` with 17.
pub(super) fn is_instance_id(id: &str) -> bool {
    let word = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match (id.strip_prefix("mi-"), id.strip_prefix("i-")) {
        (Some(rest), _) => rest.len() == 17 && word(rest),
        (None, Some(rest)) => matches!(rest.len(), 8 | 17) && word(rest),
        (None, None) => false,
    }
}

/// A machine that this account has or had, by an id of the right form.
pub(super) fn instance<'a>(context: &Context<'a>, id: &str) -> Result<&'a Instance, ApiError> {
    if !is_instance_id(id) {
        return Err(ApiError::pattern("instanceId", id, INSTANCE_ID_PATTERN));
    }
    let today = context.today();
    let found = context.site.and_then(|site| site.instance(id));
    found.filter(|instance| instance.exists(today)).ok_or_else(|| ApiError::invalid_instance_id(id))
}

/// The machines of the site that SSM lists on a day, in the order of their ids.
pub(super) fn current(site: Option<&Site>, today: Date) -> Vec<&Instance> {
    let instances = site.map_or(&[][..], |site| site.instances.as_slice());
    instances.iter().filter(|instance| instance.is_current(today)).collect()
}

pub(super) fn window<'a>(context: &Context<'a>, id: Option<&str>) -> Result<&'a Window, ApiError> {
    let id = id.ok_or_else(|| ApiError::required("windowId"))?;
    let is_hex = |rest: &str| rest.len() == 17 && rest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !id.strip_prefix("mw-").is_some_and(is_hex) {
        return Err(ApiError::pattern("windowId", id, WINDOW_ID_PATTERN));
    }
    let windows = context.site.map_or(&[][..], |site| site.windows.as_slice());
    let missing = || ApiError::ssm("DoesNotExistException", &format!("Maintenance window {id} does not exist"));
    windows.iter().find(|window| *window.id == *id).ok_or_else(missing)
}

/// A filter value such as `2025-11-01T00:00:00Z`.
pub(super) fn moment(key: &str, value: &str) -> Result<Timestamp, ApiError> {
    value.parse().map_err(|_| ApiError::invalid_filter(key))
}

/// Empty members are left out of an answer.
pub(super) fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Ids by which AWS-owned things could be asked for too.
pub(super) fn ends_with_id(full: &Arc<str>, asked: &str) -> bool {
    **full == *asked || full.rsplit('/').next() == Some(asked)
}
