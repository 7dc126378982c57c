//! DescribeMaintenanceWindows: when machines may be patched.

use serde::{Deserialize, Serialize};

use super::{
    super::{
        context::Context,
        error::ApiError,
        page::{Limits, Request, page},
    },
    shared::{Filter, check_plain_filters},
};
use crate::estate::window::{CUTOFF_HOURS, DURATION_HOURS, Window};

const LIMITS: Limits = Limits::new(10, 100, 50);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output<'a> {
    window_identities: Vec<Identity<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Identity<'a> {
    window_id: &'a str,
    name: &'a str,
    description: String,
    enabled: bool,
    duration: i64,
    cutoff: i64,
    schedule: String,
    schedule_timezone: &'static str,
    next_execution_time: String,
}

pub(super) fn answer(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let input: Input = context.input()?;
    check_plain_filters(&input.filters, &["Name", "Enabled"])?;
    let all = context.site.map_or(&[][..], |site| site.windows.as_slice());
    let found: Vec<&Window> =
        all.iter().filter(|window| input.filters.iter().all(|filter| matches(window, filter))).collect();
    let request = Request {
        limits: LIMITS,
        max_results: input.max_results,
        next_token: input.next_token.as_deref(),
        subject: "",
    };
    let page = page(context, &request, found.len())?;
    let identities = found[page.range].iter().map(|window| identity(window, context)).collect();
    context.answer(&Output { window_identities: identities, next_token: page.next_token })
}

fn matches(window: &Window, filter: &Filter) -> bool {
    match filter.key.as_str() {
        "Name" => filter.has(&window.name),
        _ => filter.has("true"),
    }
}

fn identity<'a>(window: &'a Window, context: &Context<'_>) -> Identity<'a> {
    Identity {
        window_id: &window.id,
        name: &window.name,
        description: format!("Weekly patching of the {} group", window.group.name()),
        enabled: true,
        duration: DURATION_HOURS,
        cutoff: CUTOFF_HOURS,
        schedule: window.schedule(),
        schedule_timezone: "Etc/UTC",
        next_execution_time: window.next_opening(context.now).strftime("%Y-%m-%dT%H:%MZ").to_string(),
    }
}
