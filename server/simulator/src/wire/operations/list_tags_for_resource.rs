//! ListTagsForResource: of one hybrid node. EC2 keeps the tags of its machines itself.

use serde::{Deserialize, Serialize};

use super::super::{context::Context, error::ApiError};
use crate::estate::inventory;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    resource_type: Option<String>,
    resource_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    tag_list: Vec<Tag>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: &'static str,
    value: String,
}

pub(super) fn answer(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let input: Input = context.input()?;
    let resource_type = input.resource_type.ok_or_else(|| ApiError::required("resourceType"))?;
    let id = input.resource_id.ok_or_else(|| ApiError::required("resourceId"))?;
    let invalid = || ApiError::ssm("InvalidResourceId", "");
    let site = context.site.ok_or_else(invalid)?;
    match resource_type.as_str() {
        "ManagedInstance" => {
            let found = site.instance(&id).filter(|instance| instance.exists(context.today()));
            let instance = found.filter(|instance| instance.is_hybrid()).ok_or_else(invalid)?;
            let tags = inventory::tags(site, instance).into_iter();
            context.answer(&Output { tag_list: tags.map(|(key, value)| Tag { key, value }).collect() })
        }
        "MaintenanceWindow" if site.windows.iter().any(|window| *window.id == *id) => {
            context.answer(&Output { tag_list: Vec::new() })
        }
        "PatchBaseline" if site.baselines.iter().any(|baseline| *baseline.id == *id) => {
            context.answer(&Output { tag_list: Vec::new() })
        }
        "MaintenanceWindow" | "PatchBaseline" => Err(invalid()),
        _ => Err(ApiError::ssm("InvalidResourceType", "")),
    }
}
