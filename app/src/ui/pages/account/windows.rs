//! The account's maintenance windows: next execution, tasks, and last result.

use super::Empty;
use crate::{
    model::{AccountId, CalendarFilter, MaintenanceWindowRow, schedule::Schedule},
    ui::prelude::*,
};

const COLUMNS: [Column; 6] = [
    Column::text("Window"),
    Column::text("Next (UTC)"),
    Column::text("Schedule"),
    Column::text("Tasks"),
    Column::numeric("Targets"),
    Column::text("Last"),
];

pub const EMPTY: Empty = ("No maintenance windows", "This account has no maintenance windows in Systems Manager.");

pub fn windows_card(id: &AccountId, windows: Vec<MaintenanceWindowRow>, empty: Empty, now: Timestamp) -> AnyView {
    let calendar = links::calendar(&CalendarFilter { account: Some(id.clone()), ..CalendarFilter::default() });
    let calendar = view! { <a class="button subtle" href=calendar>"Calendar"</a> }.into_any();
    let content =
        data_table_or(empty, "Maintenance windows", &COLUMNS, windows.into_iter().map(|window| row(window, now)));
    Card::new("windows", "Maintenance windows").note("Next first").actions(calendar).content(content)
}

fn row(window: MaintenanceWindowRow, now: Timestamp) -> Vec<AnyView> {
    let next = match (window.enabled, window.next_execution_at) {
        (false, _) => badge("stale", Icon::Clock, "Disabled"),
        (true, Some(at)) => {
            view! { {short_time(Some(at), "")}<span class="secondary">{format::age(now, at)}</span> }.into_any()
        }
        (true, None) => "Not scheduled".into_any(),
    };
    let zone = match window.schedule_timezone.is_empty() {
        true => "UTC".to_owned(),
        false => window.schedule_timezone,
    };
    let words = Schedule::parse(&window.schedule).and_then(|schedule| schedule.words());
    let length = plural(window.duration_hours.into(), "hour", "hours");
    let tasks = match window.tasks.is_empty() {
        true => "None".into_any(),
        false => {
            window.tasks.into_iter().map(|task| view! { <bdi class="block">{task}</bdi> }).collect_view().into_any()
        }
    };
    let last = match window.last_execution_at {
        Some(at) => {
            view! { {execution_badge(&window.last_status)}<span class="secondary">{age_of(now, at)}</span> }.into_any()
        }
        None => "Not seen yet".into_any(),
    };
    cells![
        view! { <bdi>{window.name}</bdi><span class="secondary">{window.region}</span> },
        next,
        view! {
            {words.map(|words| view! { <span class="block">{words}</span> })}
            <bdi class="mono">{window.schedule}</bdi>
            <span class="secondary">{format!("{zone}, {length}")}</span>
        },
        tasks,
        count(window.targets),
        last,
    ]
}

/// The status of a window's execution, as Systems Manager names it.
fn execution_badge(status: &str) -> AnyView {
    let (tone, shape) = match status {
        "SUCCESS" => ("up_to_date", Icon::Success),
        "FAILED" | "TIMED_OUT" | "CANCELLED" | "SKIPPED_OVERLAPPING" => ("failed", Icon::Failure),
        _ => ("stale", Icon::Clock),
    };
    // `TIMED_OUT` as "Timed out".
    let words = status.replace('_', " ").to_lowercase();
    let mut rest = words.chars();
    let first: String = rest.next().into_iter().flat_map(char::to_uppercase).collect();
    badge(tone, shape, first + rest.as_str())
}
