//! DescribeInstanceInformation: all current instances. Stopped ones and those that have left are not listed.

use super::*;
use crate::estate::{HYBRID_ROLE, Instance, agent, inventory};

/// The default of 10 makes callers that do not set MaxResults slow.
const LIMITS: Limits = Limits::new(5, 50, 10);
const FILTER_VALUES_MAX: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    filters: Option<Vec<Filter>>,
    instance_information_filter_list: Option<Vec<LegacyFilter>>,
}

/// A filter of the older list, which spells its members in lower case.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LegacyFilter {
    key: String,
    #[serde(default)]
    value_set: Vec<String>,
}

pub(super) fn respond(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let (input, pager): (Input, _) = paged_input(context, LIMITS)?;
    let filters = filters(input)?;
    let instances = context.site.map_or(&[][..], |site| &site.instances);
    let is_found = |instance: &&Instance| {
        instance.is_current(context.today()) && filters.iter().all(|filter| matches(instance, filter, context))
    };
    let found: Vec<&Instance> = instances.iter().filter(is_found).collect();
    pager.respond("InstanceInformationList", "", &found, |instance| information(instance, context))
}

fn filters(input: Input) -> Result<Vec<Filter>, ApiError> {
    let filters = match (input.filters, input.instance_information_filter_list) {
        (Some(_), Some(_)) => {
            let message = "Filters and InstanceInformationFilterList cannot be used together.";
            return Err(ApiError::invalid_filter_value(message));
        }
        (filters, None) => filters.unwrap_or_default(),
        (None, Some(legacy)) => legacy
            .into_iter()
            .map(|LegacyFilter { key, value_set }| Filter { key, values: value_set, r#type: None })
            .collect(),
    };
    for filter in &filters {
        if !is_known(&filter.key) {
            return Err(ApiError::invalid_filter_key());
        }
        ApiError::length("filters.values", filter.values.len(), 1..=FILTER_VALUES_MAX)?;
        if let Some(wrong) = filter.values.iter().find(|value| !is_allowed(&filter.key, value)) {
            return Err(ApiError::invalid_filter_value(&format!("{wrong:?} is no value of {}.", filter.key)));
        }
    }
    let tags = filters.iter().filter(|filter| filter.key.starts_with("tag")).count();
    if tags > 0 && tags < filters.len() {
        let message = "Tag filters cannot be combined with other filters.";
        return Err(ApiError::invalid_filter_value(message));
    }
    Ok(filters)
}

fn is_known(key: &str) -> bool {
    const KEYS: &[&str] = &[
        "ActivationIds",
        "AgentVersion",
        "AssociationStatus",
        "IamRole",
        "InstanceIds",
        "PingStatus",
        "PlatformTypes",
        "ResourceType",
        "SourceIds",
        "SourceTypes",
        "tag-key",
    ];
    KEYS.contains(&key) || key.starts_with("tag:")
}

/// Checks the values of keys with a fixed set or form of values.
fn is_allowed(key: &str, value: &str) -> bool {
    match key {
        "InstanceIds" => is_instance_id(value),
        "PingStatus" => matches!(value, "Online" | "ConnectionLost" | "Inactive"),
        "PlatformTypes" => matches!(value, "Windows" | "Linux" | "MacOS"),
        "ResourceType" => matches!(value, "ManagedInstance" | "EC2Instance"),
        _ => true,
    }
}

fn matches(instance: &Instance, filter: &Filter, context: &Context<'_>) -> bool {
    match filter.key.as_str() {
        "ActivationIds" => instance.is_hybrid() && filter.has(&instance.activation_id),
        "AgentVersion" => filter.has(instance.agent_version(context.today())),
        "AssociationStatus" => filter.has("Success"),
        "IamRole" => instance.is_hybrid() && filter.has(HYBRID_ROLE),
        "InstanceIds" => filter.has(&instance.id),
        "PingStatus" => filter.has(ping_status(instance, context)),
        "PlatformTypes" => filter.has(instance.platform.type_name()),
        "ResourceType" => filter.has(instance.resource_type()),
        "SourceIds" => filter.has(&instance.source_id),
        "SourceTypes" => filter.has(instance.source_type),
        tag => context.site.is_some_and(|site| {
            let tags = inventory::tags(site, instance);
            match tag.strip_prefix("tag:") {
                Some(name) => tags.iter().any(|(key, value)| *key == name && filter.has(value)),
                None => tags.iter().any(|(key, _)| filter.has(key)),
            }
        }),
    }
}

fn ping_status(instance: &Instance, context: &Context<'_>) -> &'static str {
    if instance.is_online(context.today()) { "Online" } else { "ConnectionLost" }
}

pub(super) fn information(instance: &Instance, context: &Context<'_>) -> Value {
    let today = context.today();
    let agent_version = instance.agent_version(today);
    let mut information = json!({
        "InstanceId": instance.id,
        "PingStatus": ping_status(instance, context),
        "LastPingDateTime": Epoch(instance.last_ping_at(context.now)),
        "AgentVersion": agent_version,
        "IsLatestVersion": agent_version == agent::latest(today),
        "PlatformType": instance.platform.type_name(),
        "PlatformName": instance.platform.name,
        "PlatformVersion": instance.platform.version,
        "ResourceType": instance.resource_type(),
        "IPAddress": instance.ip_address,
        "ComputerName": instance.computer_name,
        "SourceId": instance.source_id,
        "SourceType": instance.source_type,
    });
    if instance.is_hybrid() {
        information["ActivationId"] = json!(instance.activation_id);
        information["IamRole"] = json!(HYBRID_ROLE);
        information["RegistrationDate"] = json!(Epoch(instance.registered_at));
        information["Name"] = json!(instance.name);
    }
    // No association has run on an instance that registered today.
    if instance.joined < instance.last_day_seen(today) {
        let executed_at = json!(Epoch(inventory::captured_at(instance, context.now)));
        information["AssociationStatus"] = json!("Success");
        information["LastAssociationExecutionDate"] = executed_at.clone();
        information["LastSuccessfulAssociationExecutionDate"] = executed_at;
        information["AssociationOverview"] =
            json!({ "DetailedStatus": "Success", "InstanceAssociationStatusAggregatedCount": { "Success": 2 } });
    }
    if let Some(location) = non_empty(instance.source_location) {
        information["SourceLocation"] = json!(location);
    }
    information
}
