//! DescribeMaintenanceWindowExecutions: when a window ran and how it ended, newest first.

use serde::{Deserialize, Serialize};

use super::{
    super::{
        context::Context,
        epoch::Epoch,
        error::ApiError,
        page::{Limits, Request, page},
    },
    shared::{Filter, check_plain_filters, moment, window},
};
use crate::{
    clock,
    estate::{site::COMMAND_DAYS, window::WindowExecution},
};

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

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output<'a> {
    window_executions: Vec<Execution<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Execution<'a> {
    window_id: &'a str,
    window_execution_id: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_details: Option<&'static str>,
    start_time: Epoch,
    end_time: Epoch,
}

pub(super) fn answer(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let input: Input = context.input()?;
    let window = window(context, input.window_id.as_deref())?;
    check_plain_filters(&input.filters, &["ExecutedAfter", "ExecutedBefore"])?;
    let oldest = clock::tick(clock::plus_days(context.today(), -COMMAND_DAYS));
    let all = context.site.map_or(&[][..], |site| site.executions.as_slice());
    let mut found: Vec<&WindowExecution> = Vec::new();
    for execution in all.iter().rev() {
        let ours = execution.window_id == window.id && execution.started_at >= oldest;
        if ours && matches(execution, &input.filters)? {
            found.push(execution);
        }
    }
    let request = Request {
        limits: LIMITS,
        max_results: input.max_results,
        next_token: input.next_token.as_deref(),
        subject: &window.id,
    };
    let page = page(context, &request, found.len())?;
    let executions = found[page.range].iter().map(|execution| row(execution)).collect();
    context.answer(&Output { window_executions: executions, next_token: page.next_token })
}

fn matches(execution: &WindowExecution, filters: &[Filter]) -> Result<bool, ApiError> {
    for filter in filters {
        let value = filter.values.first().map(String::as_str).unwrap_or("");
        let fits = match filter.key.as_str() {
            "ExecutedAfter" => execution.started_at > moment(&filter.key, value)?,
            _ => execution.started_at < moment(&filter.key, value)?,
        };
        if !fits {
            return Ok(false);
        }
    }
    Ok(true)
}

fn row(execution: &WindowExecution) -> Execution<'_> {
    Execution {
        window_id: &execution.window_id,
        window_execution_id: &execution.id,
        status: if execution.failed { "FAILED" } else { "SUCCESS" },
        status_details: execution.failed.then_some("One or more tasks in the window have failed."),
        start_time: Epoch(execution.started_at),
        end_time: Epoch(execution.ended_at),
    }
}
