//! The instances that have registered in a created account, what their agents report, and what Systems Manager knows from that.
//! Their patches were never scanned, so they have no patch state.

use jiff::Timestamp;

use super::*;
use crate::{
    created::{AgentReport, Created, RegisteredInstance},
    estate::inventory::iso_seconds,
    random,
};

const LIMITS: Limits = Limits::new(5, 50, 10);
const PROPERTIES_LIMITS: Limits = Limits::new(5, 1_000, 50);
const INVENTORY_LIMITS: Limits = Limits::new(1, 50, 50);
const INSTANCE_ID_CHARS: usize = 20;
const NAME_CHARS_MAX: usize = 255;
const ADDRESS_CHARS_MAX: usize = 46;
const PLATFORM_TYPES: &[&str] = &["Windows", "Linux", "MacOS"];

pub(super) fn describe(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let filters = filters(&call.input, "Key", "Values");
    if let Some((key, _)) = filters.iter().find(|(key, _)| key != "InstanceIds") {
        return Err(ApiError::invalid_filter(key));
    }
    let accepts = |instance: &&RegisteredInstance| filters.iter().all(|(_, values)| values.contains(&instance.id));
    let found: Vec<&RegisteredInstance> = call.site.instances.iter().filter(accepts).collect();
    let (_, pager): (Value, _) = paged_input(call.context, LIMITS)?;
    let now = call.context.now;
    pager.respond("InstanceInformationList", "", &found, |instance| {
        let mut information = information(instance, now);
        information["Name"] = json!(instance.name);
        if let Some(agent) = &instance.agent {
            information["IPAddress"] = json!(agent.ip_address);
            information["IsLatestVersion"] = json!(true);
        }
        information
    })
}

pub(super) fn describe_properties(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let (_, pager): (Value, _) = paged_input(call.context, PROPERTIES_LIMITS)?;
    let now = call.context.now;
    pager.respond("InstanceProperties", "", &call.site.instances, |instance| information(instance, now))
}

/// What both lists have. Hybrid nodes have no source, and what their agents have not reported is absent.
fn information(instance: &RegisteredInstance, now: Timestamp) -> Value {
    let mut information = json!({
        "InstanceId": instance.id,
        "ActivationId": instance.activation_id,
        "IamRole": instance.iam_role,
        "PingStatus": instance.ping_status(now),
        "LastPingDateTime": Epoch(instance.last_ping_at),
        "RegistrationDate": Epoch(instance.registered_at),
        "ResourceType": "ManagedInstance",
    });
    if let Some(agent) = &instance.agent {
        information["AgentVersion"] = json!(agent.version);
        information["ComputerName"] = json!(agent.computer_name);
        information["PlatformType"] = json!(agent.platform_type);
        information["PlatformName"] = json!(agent.platform_name);
        information["PlatformVersion"] = json!(agent.platform_version);
    }
    information
}

/// GetInventory. Tags are known from the registration, everything else from the agent.
pub(super) fn inventory(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let attributes = call.input["ResultAttributes"].as_array().map_or(&[][..], Vec::as_slice);
    let type_name = attributes.first().map_or("AWS:InstanceInformation", |one| optional_text(one, "TypeName"));
    let now = call.context.now;
    let row = |instance: &RegisteredInstance| {
        let content: Vec<Value> = match (type_name, &instance.agent) {
            ("AWS:Tag", _) => tag_list(&instance.tags),
            ("AWS:InstanceInformation", Some(agent)) => vec![inventory_information(instance, agent, now)],
            ("AWS:Application", Some(agent)) => {
                vec![json!({ "Name": "amazon-ssm-agent", "Version": agent.version, "Publisher": "Amazon.com" })]
            }
            _ => return None,
        };
        let hash = random::hash(&Value::from(content.clone()).to_string());
        let item = json!({
            "TypeName": type_name,
            "SchemaVersion": "1.0",
            "CaptureTime": iso_seconds(instance.last_ping_at),
            "ContentHash": format!("{hash:016x}"),
            "Content": content,
        });
        Some(json!({ "Id": instance.id, "Data": { type_name: item } }))
    };
    let found: Vec<Value> = call.site.instances.iter().filter_map(row).collect();
    let (_, pager): (Value, _) = paged_input(call.context, INVENTORY_LIMITS)?;
    pager.respond("Entities", type_name, &found, Value::clone)
}

fn inventory_information(instance: &RegisteredInstance, agent: &AgentReport, now: Timestamp) -> Value {
    let status = if instance.ping_status(now) == "Online" { "Active" } else { "ConnectionLost" };
    json!({
        "AgentType": "amazon-ssm-agent",
        "AgentVersion": agent.version,
        "ComputerName": agent.computer_name,
        "InstanceId": instance.id,
        "InstanceStatus": status,
        "IpAddress": agent.ip_address,
        "PlatformName": agent.platform_name,
        "PlatformType": agent.platform_type,
        "PlatformVersion": agent.platform_version,
        "ResourceType": "ManagedInstance",
    })
}

pub(super) fn list_tags(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let id = text(&call.input, "ResourceId", 1..=50)?;
    let has_id = |instance: &&RegisteredInstance| instance.id == id;
    let instance = call.site.instances.iter().find(has_id);
    let instance = instance.ok_or_else(|| ApiError::ssm("InvalidResourceId", ""))?;
    to_json(&json!({ "TagList": tag_list(&instance.tags) }))
}

/// UpdateInstanceInformation, which an agent calls when it starts and every five minutes. Real agents sign it with credentials of
/// the activation's role, which are not simulated: the instance is known by its id.
pub(in crate::wire) fn update(
    created: &mut Created,
    region: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<Vec<u8>, ApiError> {
    let input = unsigned_input(body)?;
    let id = text(&input, "InstanceId", INSTANCE_ID_CHARS..=INSTANCE_ID_CHARS)?;
    let short = |member: &str, chars_max| text(&input, member, 0..=chars_max);
    let report = AgentReport {
        version: short("AgentVersion", NAME_CHARS_MAX)?,
        computer_name: short("ComputerName", NAME_CHARS_MAX)?,
        ip_address: short("IPAddress", ADDRESS_CHARS_MAX)?,
        platform_type: choice(&input, "PlatformType", PLATFORM_TYPES, "")?,
        platform_name: short("PlatformName", NAME_CHARS_MAX)?,
        platform_version: short("PlatformVersion", NAME_CHARS_MAX)?,
    };
    choice(&input, "AgentStatus", &["Active", "Passive"], "Active")?;
    let instance = created.instance_mut(region, &id).ok_or_else(|| ApiError::invalid_instance_id(&id))?;
    (instance.agent, instance.last_ping_at) = (Some(report), now);
    to_json(&json!({}))
}
