//! The instances that have registered in a created account.

use super::*;
use crate::created::RegisteredInstance;

const LIMITS: Limits = Limits::new(5, 50, 10);
const AGENT_VERSION: &str = "3.3.3050.0";

pub(super) fn describe(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let (_, pager): (Value, _) = paged_input(call.context, LIMITS)?;
    let now = call.context.now;
    pager.respond("InstanceInformationList", "", &call.site.instances, |instance| {
        json!({
            "InstanceId": instance.id,
            "ActivationId": instance.activation_id,
            "Name": instance.name,
            "IamRole": instance.iam_role,
            "PingStatus": "Online",
            "LastPingDateTime": Epoch(now),
            "RegistrationDate": Epoch(instance.registered_at),
            "ResourceType": "ManagedInstance",
            "AgentVersion": AGENT_VERSION,
        })
    })
}

pub(super) fn list_tags(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let id = text(&call.input, "ResourceId", 1..=50)?;
    let has_id = |instance: &&RegisteredInstance| instance.id == id;
    let instance = call.site.instances.iter().find(has_id);
    let instance = instance.ok_or_else(|| ApiError::ssm("InvalidResourceId", ""))?;
    to_json(&json!({ "TagList": tag_list(&instance.tags) }))
}
