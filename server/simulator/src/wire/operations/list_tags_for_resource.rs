//! ListTagsForResource: the tags of a hybrid node. EC2 keeps the tags of its own instances, so SSM does not know them.

use super::*;
use crate::estate::inventory;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    resource_type: Option<String>,
    resource_id: Option<String>,
}

pub(super) fn respond(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let input: Input = context.input()?;
    let resource_type = input.resource_type.ok_or_else(|| ApiError::required("resourceType"))?;
    let id = input.resource_id.ok_or_else(|| ApiError::required("resourceId"))?;
    let invalid_id = || ApiError::ssm("InvalidResourceId", "");
    let site = context.site.ok_or_else(invalid_id)?;
    let tags: Option<Vec<Value>> = match resource_type.as_str() {
        "ManagedInstance" => existing_instance(context, &id).filter(|instance| instance.is_hybrid()).map(|instance| {
            let tags = inventory::tags(site, instance).into_iter();
            tags.map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
        }),
        "MaintenanceWindow" => site.windows.iter().any(|window| *window.id == *id).then(Vec::new),
        "PatchBaseline" => site.baselines.iter().any(|baseline| *baseline.id == *id).then(Vec::new),
        _ => return Err(ApiError::ssm("InvalidResourceType", "")),
    };
    to_json(&json!({ "TagList": tags.ok_or_else(invalid_id)? }))
}
