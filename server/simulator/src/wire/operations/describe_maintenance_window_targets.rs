//! DescribeMaintenanceWindowTargets: the patch group that a window is for.

use serde::Deserialize;
use serde_json::json;

use super::{
    super::{
        context::Context,
        error::ApiError,
        page::{Limits, Request, page},
    },
    shared::{Filter, check_plain_filters, window},
};
use crate::estate::baseline::PATCH_GROUP_TAG;

const LIMITS: Limits = Limits::new(10, 100, 50);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    window_id: Option<String>,
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(super) fn answer(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let input: Input = context.input()?;
    let window = window(context, input.window_id.as_deref())?;
    check_plain_filters(&input.filters, &["Type", "WindowTargetId", "OwnerInformation"])?;
    let value = |key: &str| match key {
        "Type" => "INSTANCE",
        "WindowTargetId" => &window.target_id,
        _ => "",
    };
    let wanted = input.filters.iter().all(|filter| filter.has(value(&filter.key)));
    let target = json!({
        "WindowId": &*window.id,
        "WindowTargetId": window.target_id,
        "ResourceType": "INSTANCE",
        "Targets": [{ "Key": format!("tag:{PATCH_GROUP_TAG}"), "Values": [window.group.name()] }],
        "Name": window.group.name(),
    });
    let request = Request {
        limits: LIMITS,
        max_results: input.max_results,
        next_token: input.next_token.as_deref(),
        subject: &window.id,
    };
    let page = page(context, &request, usize::from(wanted))?;
    let targets = &[target][page.range];
    let mut output = json!({ "Targets": targets });
    if let Some(token) = page.next_token {
        output["NextToken"] = json!(token);
    }
    context.answer(&output)
}
