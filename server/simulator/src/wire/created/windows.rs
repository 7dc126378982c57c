//! Maintenance windows of created accounts, with their targets and tasks.

use super::*;

const LIMITS: Limits = Limits::new(10, 100, 50);
const WINDOWS_MAX: usize = 50;
const TARGETS_PER_WINDOW_MAX: usize = 100;
const TASKS_PER_WINDOW_MAX: usize = 20;
const CONDITIONS_PER_TARGET_MAX: usize = 5;

pub(super) fn create(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let input = &call.input;
    text(input, "Name", 3..=128)?;
    let schedule = text(input, "Schedule", 1..=256)?;
    validate(is_schedule(&schedule), &format!("Invalid schedule expression: {schedule}"))?;
    let duration = number(input, "Duration", 1..=24, None)?;
    let cutoff = number(input, "Cutoff", 0..=23, None)?;
    validate(cutoff < duration, "Cutoff must be less than the duration of the maintenance window.")?;
    number(input, "ScheduleOffset", 1..=6, Some(1))?;
    let has_offset = !input["ScheduleOffset"].is_null();
    validate(!has_offset || schedule.starts_with("cron("), "ScheduleOffset is supported for cron expressions only.")?;
    input["AllowUnassociatedTargets"].as_bool().ok_or_else(|| ApiError::required("allowUnassociatedTargets"))?;
    let earlier = by_client_token(&call.site.windows, &call.input)?;
    let id = match earlier {
        Some(id) => id,
        None => {
            limit(call.site.windows.len(), WINDOWS_MAX)?;
            let scope = call.scope();
            let id = format!("mw-{}", call.site.next_hex("window", &scope));
            call.site.windows.push(Resource { id: id.clone(), body: call.input.clone() });
            id
        }
    };
    to_json(&json!({ "WindowId": id }))
}

/// Whether the text has the form of a cron or rate expression, or of one time.
pub(super) fn is_schedule(text: &str) -> bool {
    ["cron(", "rate(", "at("].iter().any(|start| text.starts_with(start)) && text.ends_with(')')
}

pub(super) fn describe(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let filters = filters(&call.input, "Key", "Values");
    let accepts = |window: &&Resource| {
        filters.iter().all(|(key, values)| match key.as_str() {
            "Name" => values.iter().any(|name| *name == optional_text(&window.body, "Name")),
            _ => values.iter().any(|value| value == "true"),
        })
    };
    let (_, pager): (Value, _) = paged_input(call.context, LIMITS)?;
    let found: Vec<&Resource> = call.site.windows.iter().filter(accepts).collect();
    pager.respond("WindowIdentities", "", &found, |window| {
        let mut row = json!({ "WindowId": window.id, "Enabled": true });
        for member in ["Name", "Description", "Schedule", "ScheduleTimezone", "ScheduleOffset", "Duration", "Cutoff"] {
            if !window.body[member].is_null() {
                row[member] = window.body[member].clone();
            }
        }
        row
    })
}

fn window_id(call: &Call<'_>) -> Result<String, ApiError> {
    let id = text(&call.input, "WindowId", 20..=20)?;
    let is_known = call.site.windows.iter().any(|window| window.id == id);
    if is_known { Ok(id) } else { Err(does_not_exist("Maintenance window", &id)) }
}

fn of_window<'a>(resources: &'a [Resource], window: &str) -> Vec<&'a Resource> {
    resources.iter().filter(|resource| resource.body["WindowId"] == window).collect()
}

pub(super) fn register_target(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let window = window_id(call)?;
    choice(&call.input, "ResourceType", &["INSTANCE", "RESOURCE_GROUP"], "")?;
    let conditions = call.input["Targets"].as_array().ok_or_else(|| ApiError::required("targets"))?;
    ApiError::length("targets", conditions.len(), 0..=CONDITIONS_PER_TARGET_MAX)?;
    let earlier = by_client_token(&call.site.window_targets, &call.input)?;
    let id = match earlier {
        Some(id) => id,
        None => {
            limit(of_window(&call.site.window_targets, &window).len(), TARGETS_PER_WINDOW_MAX)?;
            let scope = call.scope();
            let id = call.site.next_uuid("target", &scope);
            call.site.window_targets.push(Resource { id: id.clone(), body: call.input.clone() });
            id
        }
    };
    to_json(&json!({ "WindowTargetId": id }))
}

pub(super) fn describe_targets(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let window = window_id(call)?;
    let (_, pager): (Value, _) = paged_input(call.context, LIMITS)?;
    let found = of_window(&call.site.window_targets, &window);
    pager.respond("Targets", &window, &found, |target| {
        let body = &target.body;
        json!({
            "WindowId": window,
            "WindowTargetId": target.id,
            "ResourceType": body["ResourceType"],
            "Targets": body["Targets"],
            "Name": optional_text(body, "Name"),
        })
    })
}

pub(super) fn register_task(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let window = window_id(call)?;
    text(&call.input, "TaskArn", 1..=1_600)?;
    choice(&call.input, "TaskType", &["RUN_COMMAND", "AUTOMATION", "STEP_FUNCTIONS", "LAMBDA"], "")?;
    for member in ["MaxConcurrency", "MaxErrors"] {
        let share = call.input[member].as_str().unwrap_or("1");
        let number = share.strip_suffix('%').unwrap_or(share);
        let max = if number.len() < share.len() { 100 } else { u32::MAX };
        if !number.parse::<u32>().is_ok_and(|number| number <= max) {
            return Err(ApiError::pattern(member, share, r"^([1-9][0-9]*|[0]|[1-9][0-9]%|[0-9]%|100%)$"));
        }
    }
    let targets = call.input["Targets"].as_array().map_or(&[][..], Vec::as_slice);
    let registered = of_window(&call.site.window_targets, &window);
    for id in targets.iter().filter_map(|target| target["Values"].as_array()).flatten() {
        if !registered.iter().any(|target| *id == *target.id) {
            return Err(does_not_exist("Window target", id.as_str().unwrap_or_default()));
        }
    }
    let earlier = by_client_token(&call.site.window_tasks, &call.input)?;
    let id = match earlier {
        Some(id) => id,
        None => {
            limit(of_window(&call.site.window_tasks, &window).len(), TASKS_PER_WINDOW_MAX)?;
            let scope = call.scope();
            let id = call.site.next_uuid("task", &scope);
            call.site.window_tasks.push(Resource { id: id.clone(), body: call.input.clone() });
            id
        }
    };
    to_json(&json!({ "WindowTaskId": id }))
}

pub(super) fn describe_tasks(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let window = window_id(call)?;
    let (_, pager): (Value, _) = paged_input(call.context, LIMITS)?;
    let found = of_window(&call.site.window_tasks, &window);
    pager.respond("Tasks", &window, &found, |task| {
        let mut row = json!({
            "WindowId": window,
            "WindowTaskId": task.id,
            "TaskArn": task.body["TaskArn"],
            "Type": task.body["TaskType"],
            "TaskParameters": {},
            "Priority": task.body["Priority"].as_u64().unwrap_or(0),
        });
        for member in ["Name", "Targets", "MaxConcurrency", "MaxErrors"] {
            if !task.body[member].is_null() {
                row[member] = task.body[member].clone();
            }
        }
        row
    })
}

/// No window has opened yet.
pub(super) fn describe_executions(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let window = window_id(call)?;
    let (_, pager): (Value, _) = paged_input(call.context, LIMITS)?;
    pager.respond("WindowExecutions", &window, &[], Value::clone)
}

pub(super) fn get_task(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let window = window_id(call)?;
    let id = text(&call.input, "WindowTaskId", 36..=36)?;
    let task = of_window(&call.site.window_tasks, &window).into_iter().find(|task| task.id == id);
    let task = task.ok_or_else(|| does_not_exist("Window task", &id))?;
    let mut output = json!({ "WindowId": window, "WindowTaskId": id });
    for member in ["Name", "Targets", "TaskArn", "TaskType", "TaskInvocationParameters", "MaxConcurrency", "MaxErrors"]
    {
        if !task.body[member].is_null() {
            output[member] = task.body[member].clone();
        }
    }
    to_json(&output)
}
