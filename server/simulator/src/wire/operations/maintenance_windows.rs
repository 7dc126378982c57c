//! Maintenance windows: when instances are patched (DescribeMaintenanceWindows), which ones (…WindowTargets), what runs
//! (…WindowTasks), and how it went (…WindowExecutions).

use super::*;
use crate::{
    clock,
    estate::{COMMAND_DAYS, CUTOFF_HOURS, DOCUMENT, DURATION_HOURS, PATCH_GROUP_TAG, Window, WindowExecution},
};

const LIMITS: Limits = Limits::new(10, 100, 50);
const WINDOW_ID_PATTERN: &str = "^mw-[0-9a-f]{17}$";

/// The input of the operations about one window.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WindowInput {
    window_id: Option<String>,
    #[serde(default)]
    filters: Vec<Filter>,
}

impl WindowInput {
    fn window<'a>(&self, context: &Context<'a>) -> Result<&'a Window, ApiError> {
        let id = self.window_id.as_deref().ok_or_else(|| ApiError::required("windowId"))?;
        let is_hex = |rest: &str| rest.len() == 17 && rest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !id.strip_prefix("mw-").is_some_and(is_hex) {
            return Err(ApiError::pattern("windowId", id, WINDOW_ID_PATTERN));
        }
        let missing = || ApiError::ssm("DoesNotExistException", &format!("Maintenance window {id} does not exist"));
        windows(context).iter().find(|window| *window.id == *id).ok_or_else(missing)
    }

    fn accepts(&self, value: impl Fn(&str) -> Value) -> bool {
        self.filters.iter().all(|filter| value(&filter.key).as_str().is_some_and(|value| filter.has(value)))
    }
}

fn windows<'a>(context: &Context<'a>) -> &'a [Window] {
    context.site.map_or(&[], |site| &site.windows)
}

pub(super) fn describe(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let (input, pager): (FilterInput, _) = paged_input(context, LIMITS)?;
    check_enum_filters(&input.filters, &["Name", "Enabled"])?;
    let accepts = |window: &&Window| {
        let enabled = if window.enabled { "true" } else { "false" };
        input.filters.iter().all(|filter| filter.has(if filter.key == "Name" { &window.name } else { enabled }))
    };
    let found: Vec<&Window> = windows(context).iter().filter(accepts).collect();
    pager.respond("WindowIdentities", "", &found, |window| {
        let mut row = json!({
            "WindowId": window.id,
            "Name": window.name,
            "Description": format!("Weekly patching of the {} group", window.group.name()),
            "Enabled": window.enabled,
            "Duration": DURATION_HOURS,
            "Cutoff": CUTOFF_HOURS,
            "Schedule": window.schedule(),
            "ScheduleTimezone": "Etc/UTC",
        });
        if window.enabled {
            row["NextExecutionTime"] = window.next_opening(context.now).strftime("%Y-%m-%dT%H:%MZ").to_string().into();
        }
        row
    })
}

pub(super) fn describe_targets(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let (input, pager): (WindowInput, _) = paged_input(context, LIMITS)?;
    let window = input.window(context)?;
    check_enum_filters(&input.filters, &["Type", "WindowTargetId", "OwnerInformation"])?;
    let target = json!({
        "WindowId": window.id,
        "WindowTargetId": window.target_id,
        "ResourceType": "INSTANCE",
        "Targets": [{ "Key": format!("tag:{PATCH_GROUP_TAG}"), "Values": [window.group.name()] }],
        "Name": window.group.name(),
    });
    let is_found = input.accepts(|key| match key {
        "Type" => "INSTANCE".into(),
        "OwnerInformation" => "".into(),
        _ => target[key].clone(),
    });
    let found = if is_found { vec![target] } else { Vec::new() };
    pager.respond("Targets", &window.id, &found, |target| target)
}

pub(super) fn describe_tasks(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let (input, pager): (WindowInput, _) = paged_input(context, LIMITS)?;
    let window = input.window(context)?;
    check_enum_filters(&input.filters, &["WindowTaskId", "TaskArn", "Priority", "TaskType"])?;
    let task = json!({
        "WindowId": window.id,
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
    let is_found = input.accepts(|key| match key {
        "TaskType" => task["Type"].clone(),
        "Priority" => "1".into(),
        _ => task[key].clone(),
    });
    let found = if is_found { vec![task] } else { Vec::new() };
    pager.respond("Tasks", &window.id, &found, |task| task)
}

/// Executions are listed newest first and forgotten after [`COMMAND_DAYS`].
pub(super) fn describe_executions(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let (input, pager): (WindowInput, _) = paged_input(context, LIMITS)?;
    let window = input.window(context)?;
    check_enum_filters(&input.filters, &["ExecutedAfter", "ExecutedBefore"])?;
    let oldest = clock::harvest_time(clock::plus_days(context.today(), -COMMAND_DAYS));
    let mut found: Vec<&WindowExecution> = Vec::new();
    for execution in context.site.map_or(&[][..], |site| &site.executions).iter().rev() {
        let is_listed = execution.window_id == window.id && execution.started_at >= oldest;
        if is_listed && is_within(execution, &input.filters)? {
            found.push(execution);
        }
    }
    pager.respond("WindowExecutions", &window.id, &found, |execution| {
        let mut row = json!({
            "WindowId": execution.window_id,
            "WindowExecutionId": execution.id,
            "Status": if execution.failed { "FAILED" } else { "SUCCESS" },
            "StartTime": Epoch(execution.started_at),
            "EndTime": Epoch(execution.ended_at),
        });
        if execution.failed {
            row["StatusDetails"] = "One or more tasks in the window have failed.".into();
        }
        row
    })
}

fn is_within(execution: &WindowExecution, filters: &[Filter]) -> Result<bool, ApiError> {
    for filter in filters {
        let limit = timestamp(&filter.key, filter.values.first().map_or("", String::as_str))?;
        let is_after = execution.started_at > limit;
        let is_before = execution.started_at < limit;
        if !(if filter.key == "ExecutedAfter" { is_after } else { is_before }) {
            return Ok(false);
        }
    }
    Ok(true)
}
