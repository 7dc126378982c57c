//! GetInventory: one type of inventory for 50 machines at a time, also of stopped ones, until 30 days after the end.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

use super::super::{
    context::Context,
    error::ApiError,
    page::{Limits, Request, page},
    signature::hex,
};
use crate::estate::{
    instance::Instance,
    inventory::{self, Entry},
    site::Site,
};

const LIMITS: Limits = Limits::new(1, 50, 50);
const FILTER_VALUES_MAX: usize = 40;
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

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output<'a> {
    entities: Vec<Entity<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entity<'a> {
    id: &'a str,
    data: BTreeMap<&'a str, Item<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item<'a> {
    type_name: &'a str,
    schema_version: &'static str,
    capture_time: String,
    content_hash: String,
    content: Vec<Entry>,
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
    let mut found = Vec::new();
    for instance in context.site.map_or(&[][..], |site| &site.instances) {
        let Some(status) = inventory::status(instance, context.today()) else { continue };
        if matches(instance, status, &input.filters)? {
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
    let instances = found[page.range].iter();
    let entities = instances.filter_map(|instance| Some(entity(context, context.site?, instance, type_name))).collect();
    context.answer(&Output { entities, next_token: page.next_token })
}

fn is_known(type_name: &str) -> bool {
    matches!(type_name, "AWS:InstanceInformation" | "AWS:Tag" | "AWS:Application" | "AWS:WindowsUpdate")
}

fn matches(instance: &Instance, status: &str, filters: &[InventoryFilter]) -> Result<bool, ApiError> {
    let mut all = true;
    for filter in filters {
        let value = match filter.key.as_str() {
            "AWS:InstanceInformation.InstanceId" => &*instance.id,
            "AWS:InstanceInformation.InstanceStatus" => status,
            _ => return Err(ApiError::invalid_filter(&filter.key)),
        };
        if filter.values.is_empty() || filter.values.len() > FILTER_VALUES_MAX {
            return Err(ApiError::invalid_filter(&filter.key));
        }
        let listed = filter.values.iter().any(|wanted| wanted == value);
        all &= match filter.r#type.as_deref() {
            None | Some("Equal") => listed,
            Some("NotEqual") => !listed,
            Some(_) => return Err(ApiError::invalid_filter(&filter.key)),
        };
    }
    Ok(all)
}

fn entity<'a>(context: &Context<'_>, site: &Site, instance: &'a Instance, type_name: &'a str) -> Entity<'a> {
    let today = context.today();
    let content = match type_name {
        "AWS:Tag" => {
            let tags = inventory::tags(site, instance).into_iter();
            tags.map(|(key, value)| Entry::from([("Key", key.to_owned()), ("Value", value)])).collect()
        }
        "AWS:Application" => inventory::applications(instance),
        "AWS:WindowsUpdate" => inventory::windows_updates(instance),
        _ => vec![inventory::instance_information(instance, today)],
    };
    // SSM has no item of a type that the machine never uploaded.
    if content.is_empty() {
        return Entity { id: &instance.id, data: BTreeMap::new() };
    }
    let item = Item {
        type_name,
        schema_version: if type_name == "AWS:Application" { "1.1" } else { "1.0" },
        capture_time: inventory::iso_seconds(inventory::captured_at(instance, today)),
        content_hash: hex(&Sha256::digest(serde_json::to_vec(&content).unwrap_or_default())),
        content,
    };
    Entity { id: &instance.id, data: BTreeMap::from([(type_name, item)]) }
}
