//! GetInventory: one type of inventory for 50 machines at a time, also of stopped ones, until 30 days after the end.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    super::{
        context::Context,
        error::ApiError,
        page::{Limits, Request, page},
        signature::hex,
    },
    shared::FILTERS_MAX,
};
use crate::estate::{
    instance::Instance,
    inventory::{self, Entry},
    site::Site,
};

const LIMITS: Limits = Limits::new(1, 50, 50);
const FILTER_VALUES_MAX: usize = 40;
const FILTER_PREFIX: &str = "AWS:InstanceInformation.";
const COMPARISONS: &[&str] = &["Equal", "NotEqual", "BeginWith", "LessThan", "GreaterThan", "Exists"];
const ATTRIBUTES: &[&str] = &[
    "AgentType",
    "AgentVersion",
    "ComputerName",
    "InstanceId",
    "InstanceStatus",
    "IpAddress",
    "PlatformName",
    "PlatformType",
    "PlatformVersion",
    "ResourceType",
];
const DEFAULT_TYPE: &str = "AWS:InstanceInformation";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    #[serde(default)]
    filters: Vec<InventoryFilter>,
    #[serde(default)]
    result_attributes: Vec<ResultAttribute>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InventoryFilter {
    key: String,
    #[serde(default)]
    values: Vec<String>,
    r#type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResultAttribute {
    type_name: String,
}

/// What comes before an item's content, which is the bulk of an answer and written only once: its hash is of the bytes
/// that are sent.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Head<'a> {
    type_name: &'a str,
    schema_version: &'static str,
    capture_time: String,
    content_hash: String,
}

pub(super) fn answer(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let input: Input = context.input()?;
    let type_name = match input.result_attributes.as_slice() {
        [] => DEFAULT_TYPE,
        [only] => only.type_name.as_str(),
        _ => {
            let message = "Value at 'resultAttributes' failed to satisfy constraint: one type per request";
            return Err(ApiError::validation(message));
        }
    };
    if !is_known(type_name) {
        let message = format!("The inventory type {type_name:?} is not valid.");
        return Err(ApiError::ssm("InvalidTypeNameException", &message));
    }
    check(&input.filters)?;
    let mut found = Vec::new();
    for instance in context.site.map_or(&[][..], |site| &site.instances) {
        if inventory::status(instance, context.today()).is_none() {
            continue;
        }
        // Without filters, what they would look at need not be made.
        let about = || inventory::instance_information(instance, context.today());
        if input.filters.is_empty() || input.filters.iter().all(|filter| matches(&about(), filter)) {
            found.push(instance);
        }
    }
    let request = Request {
        limits: LIMITS,
        max_results: input.max_results,
        next_token: input.next_token.as_deref(),
        subject: type_name,
    };
    let page = page(context, &request, found.len())?;
    let mut answer = b"{\"Entities\":[".to_vec();
    for (index, instance) in found[page.range].iter().enumerate() {
        if index > 0 {
            answer.push(b',');
        }
        answer.extend(b"{\"Id\":");
        context.write(&mut answer, &*instance.id)?;
        answer.extend(b",\"Data\":{");
        if let Some(site) = context.site {
            data(context, site, instance, type_name, &mut answer)?;
        }
        answer.extend(b"}}");
    }
    answer.push(b']');
    if let Some(token) = page.next_token {
        answer.extend(b",\"NextToken\":");
        context.write(&mut answer, &token)?;
    }
    answer.push(b'}');
    Ok(answer)
}

fn is_known(type_name: &str) -> bool {
    matches!(
        type_name,
        "AWS:InstanceInformation"
            | "AWS:InstanceDetailedInformation"
            | "AWS:Tag"
            | "AWS:Application"
            | "AWS:WindowsUpdate"
    )
}

/// Filters are understood where they are about AWS:InstanceInformation.
fn check(filters: &[InventoryFilter]) -> Result<(), ApiError> {
    ApiError::length("filters", filters.len(), 0..=FILTERS_MAX)?;
    for filter in filters {
        let exists = filter.r#type.as_deref() == Some("Exists");
        let known = filter.key.strip_prefix(FILTER_PREFIX).is_some_and(|name| ATTRIBUTES.contains(&name));
        let comparison = filter.r#type.as_deref().is_none_or(|wanted| COMPARISONS.contains(&wanted));
        if !known || !comparison || (filter.values.is_empty() && !exists) {
            return Err(ApiError::invalid_filter(&filter.key));
        }
        ApiError::length("filters.values", filter.values.len(), 0..=FILTER_VALUES_MAX)?;
    }
    Ok(())
}

fn matches(about: &Entry, filter: &InventoryFilter) -> bool {
    let name = filter.key.strip_prefix(FILTER_PREFIX).unwrap_or_default();
    let Some(value) = about.get(name) else { return false };
    let any = |fits: fn(&str, &str) -> bool| filter.values.iter().any(|wanted| fits(value, wanted));
    match filter.r#type.as_deref() {
        Some("NotEqual") => !any(|value, wanted| value == wanted),
        Some("BeginWith") => any(|value, wanted| value.starts_with(wanted)),
        Some("LessThan") => any(|value, wanted| value < wanted),
        Some("GreaterThan") => any(|value, wanted| value > wanted),
        Some("Exists") => true,
        _ => any(|value, wanted| value == wanted),
    }
}

/// The machine's item of the type; nothing where the machine never uploaded any.
fn data(
    context: &Context<'_>,
    site: &Site,
    instance: &Instance,
    type_name: &str,
    answer: &mut Vec<u8>,
) -> Result<(), ApiError> {
    let content = match type_name {
        "AWS:Tag" => {
            let tags = inventory::tags(site, instance).into_iter();
            tags.map(|(key, value)| Entry::from([("Key", key.into()), ("Value", value.into())])).collect()
        }
        "AWS:Application" => inventory::applications(instance),
        "AWS:InstanceDetailedInformation" => vec![inventory::instance_detailed_information(instance)],
        "AWS:WindowsUpdate" => inventory::windows_updates(instance),
        _ => vec![inventory::instance_information(instance, context.today())],
    };
    if content.is_empty() {
        return Ok(());
    }
    let content = context.answer(&content)?;
    let head = Head {
        type_name,
        schema_version: if type_name == "AWS:Application" { "1.1" } else { "1.0" },
        capture_time: inventory::iso_seconds(inventory::captured_at(instance, context.now)),
        content_hash: hex(&Sha256::digest(&content)),
    };
    context.write(answer, type_name)?;
    answer.push(b':');
    context.write(answer, &head)?;
    // The content goes into the object that the head has closed.
    answer.pop();
    answer.extend(b",\"Content\":");
    answer.extend(content);
    answer.push(b'}');
    Ok(())
}
