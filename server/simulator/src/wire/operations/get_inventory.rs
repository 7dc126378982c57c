//! GetInventory: one type of inventory of 50 instances at a time. It includes stopped instances, and those that have left
//! until 30 days later.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::*;
use crate::estate::{
    Instance, Site,
    inventory::{self, Entry},
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
    filters: Vec<Filter>,
    #[serde(default)]
    result_attributes: Vec<ResultAttribute>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResultAttribute {
    type_name: String,
}

/// An item without its content. The content is the bulk of a response and is serialized only once, because its hash is
/// computed from the bytes that are sent.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ItemHead<'a> {
    type_name: &'a str,
    schema_version: &'static str,
    capture_time: String,
    content_hash: String,
}

pub(super) fn respond(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let (input, pager): (Input, _) = paged_input(context, LIMITS)?;
    let type_name = match input.result_attributes.as_slice() {
        [] => DEFAULT_TYPE,
        [only] => only.type_name.as_str(),
        _ => {
            let message = "Value at 'resultAttributes' failed to satisfy constraint: one type per request";
            return Err(ApiError::validation(message));
        }
    };
    if !is_known_type(type_name) {
        let message = format!("The inventory type {type_name:?} is not valid.");
        return Err(ApiError::ssm("InvalidTypeNameException", &message));
    }
    ApiError::length("filters", input.filters.len(), 0..=FILTERS_MAX)?;
    // Only filters of AWS:InstanceInformation are supported.
    let is_known = |key: &str| key.strip_prefix(FILTER_PREFIX).is_some_and(|name| ATTRIBUTES.contains(&name));
    check_comparisons(&input.filters, is_known, COMPARISONS, FILTER_VALUES_MAX)?;
    let today = context.today();
    let mut found = Vec::new();
    for instance in context.site.map_or(&[][..], |site| &site.instances) {
        let accepts = |filter: &Filter| {
            let name = filter.key.strip_prefix(FILTER_PREFIX).unwrap_or_default();
            inventory::instance_information(instance, today).get(name).is_some_and(|value| filter.accepts(value))
        };
        if inventory::status(instance, today).is_some() && input.filters.iter().all(accepts) {
            found.push(instance);
        }
    }
    let page = pager.page(type_name, found.len())?;
    let mut output = b"{\"Entities\":[".to_vec();
    for (index, instance) in found[page.range].iter().enumerate() {
        if index > 0 {
            output.push(b',');
        }
        output.extend(b"{\"Id\":");
        output.extend(to_json(&*instance.id)?);
        output.extend(b",\"Data\":{");
        if let Some(site) = context.site {
            append_item(context, site, instance, type_name, &mut output)?;
        }
        output.extend(b"}}");
    }
    output.push(b']');
    if let Some(token) = page.next_token {
        output.extend(b",\"NextToken\":");
        output.extend(to_json(&token)?);
    }
    output.push(b'}');
    Ok(output)
}

fn is_known_type(type_name: &str) -> bool {
    matches!(
        type_name,
        "AWS:InstanceInformation"
            | "AWS:InstanceDetailedInformation"
            | "AWS:Tag"
            | "AWS:Application"
            | "AWS:WindowsUpdate"
    )
}

/// Appends the instance's item of the type, if it has any content.
fn append_item(
    context: &Context<'_>,
    site: &Site,
    instance: &Instance,
    type_name: &str,
    output: &mut Vec<u8>,
) -> Result<(), ApiError> {
    let content = match type_name {
        "AWS:Tag" => {
            let tags = inventory::tags(site, instance).into_iter();
            tags.map(|(key, value)| Entry::from([("Key", key), ("Value", value.into())])).collect()
        }
        "AWS:Application" => inventory::applications(instance),
        "AWS:InstanceDetailedInformation" => vec![inventory::instance_detailed_information(instance)],
        "AWS:WindowsUpdate" => inventory::windows_updates(instance),
        _ => vec![inventory::instance_information(instance, context.today())],
    };
    if content.is_empty() {
        return Ok(());
    }
    let content = to_json(&content)?;
    let head = ItemHead {
        type_name,
        schema_version: if type_name == "AWS:Application" { "1.1" } else { "1.0" },
        capture_time: inventory::iso_seconds(inventory::captured_at(instance, context.now)),
        content_hash: format!("{:x}", Sha256::digest(&content)),
    };
    output.extend(to_json(type_name)?);
    output.push(b':');
    output.extend(to_json(&head)?);
    // Reopens the object of the head for the content.
    output.pop();
    output.extend(b",\"Content\":");
    output.extend(content);
    output.push(b'}');
    Ok(())
}
