//! DescribeInstanceInformation: all current instances. Stopped ones and those that have left are not listed.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::{
    super::{
        context::Context,
        epoch::Epoch,
        error::ApiError,
        page::{Limits, paged_input},
    },
    shared::{Filter, is_instance_id, non_empty},
};
use crate::estate::{
    agent,
    instance::{HYBRID_ROLE, Instance},
    inventory,
};

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

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Information<'a> {
    instance_id: &'a str,
    ping_status: &'static str,
    last_ping_date_time: Epoch,
    agent_version: &'static str,
    is_latest_version: bool,
    platform_type: &'static str,
    platform_name: &'static str,
    platform_version: &'static str,
    #[serde(flatten)]
    hybrid: Option<HybridNode<'a>>,
    resource_type: &'static str,
    #[serde(rename = "IPAddress")]
    ip_address: Ipv4Addr,
    computer_name: &'a str,
    #[serde(flatten)]
    associations: Option<Associations>,
    source_id: &'a str,
    source_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_location: Option<&'static str>,
}

/// Members of hybrid nodes only.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct HybridNode<'a> {
    activation_id: &'a str,
    iam_role: &'static str,
    registration_date: Epoch,
    name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Associations {
    association_status: &'static str,
    last_association_execution_date: Epoch,
    last_successful_association_execution_date: Epoch,
    association_overview: Overview,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Overview {
    detailed_status: &'static str,
    instance_association_status_aggregated_count: SuccessCount,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SuccessCount {
    success: u8,
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

fn information<'a>(instance: &'a Instance, context: &Context<'_>) -> Information<'a> {
    let today = context.today();
    let agent_version = instance.agent_version(today);
    let hybrid = HybridNode {
        activation_id: &instance.activation_id,
        iam_role: HYBRID_ROLE,
        registration_date: Epoch(instance.registered_at),
        name: &instance.name,
    };
    let executed_at = Epoch(inventory::captured_at(instance, context.now));
    let associations = Associations {
        association_status: "Success",
        last_association_execution_date: executed_at,
        last_successful_association_execution_date: executed_at,
        association_overview: Overview {
            detailed_status: "Success",
            instance_association_status_aggregated_count: SuccessCount { success: 2 },
        },
    };
    // No association has run on an instance that registered today.
    let has_associations = instance.joined < instance.last_day_seen(today);
    Information {
        instance_id: &instance.id,
        ping_status: ping_status(instance, context),
        last_ping_date_time: Epoch(instance.last_ping_at(context.now)),
        agent_version,
        is_latest_version: agent_version == agent::latest(today),
        platform_type: instance.platform.type_name(),
        platform_name: instance.platform.name,
        platform_version: instance.platform.version,
        hybrid: instance.is_hybrid().then_some(hybrid),
        resource_type: instance.resource_type(),
        ip_address: instance.ip_address,
        computer_name: &instance.computer_name,
        associations: has_associations.then_some(associations),
        source_id: &instance.source_id,
        source_type: instance.source_type,
        source_location: non_empty(instance.source_location),
    }
}
