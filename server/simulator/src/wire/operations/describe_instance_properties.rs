//! DescribeInstanceProperties: all instances that exist, those that are stopped included, up to 1,000 a page.

use super::*;
use crate::{estate::Instance, wire::operations::describe_instance_information::information};

const LIMITS: Limits = Limits::new(5, 1_000, 50);

/// Filters are not simulated.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    filters_with_operator: Option<Vec<Value>>,
    instance_property_filter_list: Option<Vec<Value>>,
}

pub(super) fn respond(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let (input, pager): (Input, _) = paged_input(context, LIMITS)?;
    if input.filters_with_operator.is_some() || input.instance_property_filter_list.is_some() {
        return Err(ApiError::invalid_filter_key());
    }
    let instances = context.site.map_or(&[][..], |site| &site.instances);
    let found: Vec<&Instance> = instances.iter().filter(|instance| instance.exists(context.today())).collect();
    pager.respond("InstanceProperties", "", &found, |instance| property(instance, context))
}

/// What DescribeInstanceInformation says, without whether the agent is the latest. The name is that of the tag `Name`, and
/// the address is the public one.
fn property(instance: &Instance, context: &Context<'_>) -> Value {
    let mut property = information(instance, context);
    if let Some(members) = property.as_object_mut() {
        members.remove("IsLatestVersion");
        members.remove("IPAddress");
        members.remove("Name");
    }
    property["Architecture"] = json!("x86_64");
    if !instance.is_hybrid() {
        let state = if instance.is_current(context.today()) { "running" } else { "stopped" };
        property["Name"] = json!(instance.name);
        property["InstanceState"] = json!(state);
        property["InstanceType"] = json!("m7i.large");
        property["LaunchTime"] = json!(Epoch(instance.registered_at));
    }
    property
}
