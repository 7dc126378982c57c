//! DescribeInstanceInformation: the fleet, without what is stopped or gone.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::{
    super::{
        context::Context,
        epoch::Epoch,
        error::ApiError,
        page::{Limits, Request, page},
    },
    shared::{Filter, current, is_instance_id, some},
};
use crate::estate::{
    agent,
    instance::{HYBRID_ROLE, Instance},
    inventory,
};

/// The default of 10 is what makes careless callers slow.
const LIMITS: Limits = Limits::new(5, 50, 10);
const FILTER_VALUES_MAX: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    filters: Option<Vec<Filter>>,
    instance_information_filter_list: Option<Vec<LegacyFilter>>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// The older filter list spells its members in lower case.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LegacyFilter {
    key: String,
    #[serde(default)]
    value_set: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output<'a> {
    instance_information_list: Vec<Information<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    activation_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iam_role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_date: Option<Epoch>,
    resource_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(rename = "IPAddress")]
    ip_address: Ipv4Addr,
    computer_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    association_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_association_execution_date: Option<Epoch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_successful_association_execution_date: Option<Epoch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    association_overview: Option<Overview>,
    source_id: &'a str,
    source_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_location: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Overview {
    detailed_status: &'static str,
    instance_association_status_aggregated_count: Success,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Success {
    success: u8,
}

pub(super) fn answer(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let input: Input = context.input()?;
    let filters = filters(&input)?;
    let mut instances = current(context.site, context.today());
    instances.retain(|instance| filters.iter().all(|filter| matches(instance, filter, context)));
    let request = Request {
        limits: LIMITS,
        max_results: input.max_results,
        next_token: input.next_token.as_deref(),
        subject: "",
    };
    let page = page(context, &request, instances.len())?;
    let list = instances[page.range].iter().map(|instance| information(instance, context)).collect();
    context.answer(&Output { instance_information_list: list, next_token: page.next_token })
}

fn filters(input: &Input) -> Result<Vec<Filter>, ApiError> {
    let legacy = input.instance_information_filter_list.as_deref().unwrap_or(&[]);
    let modern = input.filters.as_deref().unwrap_or(&[]);
    let mixed = "Filters and InstanceInformationFilterList cannot be used together.";
    if input.filters.is_some() && input.instance_information_filter_list.is_some() {
        return Err(ApiError::invalid_filter_value(mixed));
    }
    let legacy = legacy.iter().map(|filter| (filter.key.clone(), filter.value_set.clone()));
    let all: Vec<Filter> = modern
        .iter()
        .map(|filter| (filter.key.clone(), filter.values.clone()))
        .chain(legacy)
        .map(|(key, values)| Filter { key, values })
        .collect();
    for filter in &all {
        if !is_known(&filter.key) {
            return Err(ApiError::invalid_filter_key());
        }
        ApiError::length("filters.values", filter.values.len(), 1..=FILTER_VALUES_MAX)?;
        if let Some(wrong) = filter.values.iter().find(|value| !is_allowed(&filter.key, value)) {
            return Err(ApiError::invalid_filter_value(&format!("{wrong:?} is no value of {}.", filter.key)));
        }
    }
    let tags = all.iter().filter(|filter| filter.key.starts_with("tag")).count();
    if tags > 0 && tags < all.len() {
        let message = "Tag filters cannot be combined with other filters.";
        return Err(ApiError::invalid_filter_value(message));
    }
    Ok(all)
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

/// Some keys have only these values.
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
    let today = context.today();
    match filter.key.as_str() {
        "ActivationIds" => instance.is_hybrid() && filter.has(&instance.activation_id),
        "AgentVersion" => filter.has(instance.agent.version(instance.last_day_seen(today))),
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
    let hybrid = instance.is_hybrid();
    let seen = instance.last_day_seen(today);
    let agent_version = instance.agent.version(seen);
    // A machine that registered today has had no association yet.
    let associated = (instance.joined < seen).then(|| Epoch(inventory::captured_at(instance, context.now)));
    let counted =
        Overview { detailed_status: "Success", instance_association_status_aggregated_count: Success { success: 2 } };
    Information {
        instance_id: &instance.id,
        ping_status: ping_status(instance, context),
        last_ping_date_time: Epoch(instance.last_ping_at(context.now)),
        agent_version,
        is_latest_version: agent_version == agent::latest(today),
        platform_type: instance.platform.type_name(),
        platform_name: instance.platform.name,
        platform_version: instance.platform.version,
        activation_id: hybrid.then_some(&*instance.activation_id),
        iam_role: hybrid.then_some(HYBRID_ROLE),
        registration_date: hybrid.then_some(Epoch(instance.registered_at)),
        resource_type: instance.resource_type(),
        name: hybrid.then_some(&*instance.name),
        ip_address: instance.ip_address,
        computer_name: &instance.computer_name,
        association_status: associated.map(|_| "Success"),
        last_association_execution_date: associated,
        last_successful_association_execution_date: associated,
        association_overview: associated.map(|_| counted),
        source_id: &instance.source_id,
        source_type: instance.source_type,
        source_location: some(instance.source_location),
    }
}
