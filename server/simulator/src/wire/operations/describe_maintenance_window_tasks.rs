//! DescribeMaintenanceWindowTasks: what a window runs.

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
use crate::estate::command::DOCUMENT;

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
    check_plain_filters(&input.filters, &["WindowTaskId", "TaskArn", "Priority", "TaskType"])?;
    let value = |key: &str| match key {
        "WindowTaskId" => &window.task_id,
        "TaskArn" => DOCUMENT,
        "Priority" => "1",
        _ => "RUN_COMMAND",
    };
    let wanted = input.filters.iter().all(|filter| filter.has(value(&filter.key)));
    let task = json!({
        "WindowId": &*window.id,
        "WindowTaskId": window.task_id,
        "TaskArn": DOCUMENT,
        "Type": "RUN_COMMAND",
        "Targets": [{ "Key": "WindowTargetIds", "Values": [window.target_id] }],
        "TaskParameters": {},
        "Priority": 1,
        "MaxConcurrency": "50",
        "MaxErrors": "100%",
        "Name": "Install",
    });
    let request = Request {
        limits: LIMITS,
        max_results: input.max_results,
        next_token: input.next_token.as_deref(),
        subject: &window.id,
    };
    let page = page(context, &request, usize::from(wanted))?;
    let tasks = &[task][page.range];
    let mut output = json!({ "Tasks": tasks });
    if let Some(token) = page.next_token {
        output["NextToken"] = json!(token);
    }
    context.answer(&output)
}
