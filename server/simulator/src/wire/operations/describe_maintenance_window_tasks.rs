//! DescribeMaintenanceWindowTasks: what a window runs.

use serde::Deserialize;
use serde_json::json;

use super::{
    super::{
        context::Context,
        error::ApiError,
        page::{Limits, Request, page},
    },
    shared::window,
};
use crate::estate::command::DOCUMENT;

const LIMITS: Limits = Limits::new(10, 100, 50);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    window_id: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(super) fn answer(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let input: Input = context.input()?;
    let window = window(context, input.window_id.as_deref())?;
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
    let page = page(context, &request, 1)?;
    let tasks = &[task][page.range];
    let mut output = json!({ "Tasks": tasks });
    if let Some(token) = page.next_token {
        output["NextToken"] = json!(token);
    }
    context.answer(&output)
}
