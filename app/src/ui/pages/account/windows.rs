//! The account's maintenance windows: what runs next, on what, and how it went last.

use crate::{
    model::plan::MaintenanceWindowRow,
    ui::{
        format::{self, count, plural},
        parts::{Glyph, age_of, note_badge, nothing_here, plain_heading, table_region},
    },
};
use jiff::Timestamp;
use leptos::prelude::*;

pub fn windows_card(windows: Vec<MaintenanceWindowRow>, now: Timestamp) -> AnyView {
    let content = match windows.is_empty() {
        true => nothing_here("No maintenance windows", "Nothing is planned in Systems Manager for this account."),
        false => table_region("Maintenance windows", table(windows, now)),
    };
    view! {
        <section class="card" aria-labelledby="windows">
            <div class="card-head">
                <h2 id="windows">"Maintenance windows"</h2>
                <span class="soft">"the next one first"</span>
            </div>
            {content}
        </section>
    }
    .into_any()
}

fn table(windows: Vec<MaintenanceWindowRow>, now: Timestamp) -> AnyView {
    view! {
        <table class="stack">
            <caption class="unseen">"Maintenance windows"</caption>
            <thead>
                <tr>
                    {plain_heading("Window", "")} {plain_heading("Next (UTC)", "")} {plain_heading("Schedule", "")}
                    {plain_heading("Runs", "")} {plain_heading("Targets", "n")} {plain_heading("Last", "")}
                </tr>
            </thead>
            <tbody>{windows.into_iter().map(|window| row(window, now)).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

fn row(window: MaintenanceWindowRow, now: Timestamp) -> AnyView {
    let next = match (window.enabled, window.next_execution_at) {
        (false, _) => note_badge("stale", Glyph::Old, "Disabled"),
        (true, Some(at)) => view! {
            <time datetime=format::iso(at)>{format::stamp_short(at)}</time><span class="sub">{format::age(now, at)}</span>
        }
        .into_any(),
        (true, None) => "none planned".into_any(),
    };
    let zone = match window.schedule_timezone.is_empty() {
        true => "UTC".to_owned(),
        false => window.schedule_timezone,
    };
    let length = plural(window.duration_hours.into(), "hour", "hours");
    let tasks = match window.tasks.is_empty() {
        true => "nothing".into_any(),
        false => {
            window.tasks.into_iter().map(|task| view! { <bdi class="line">{task}</bdi> }).collect_view().into_any()
        }
    };
    let last = match window.last_execution_at {
        Some(at) => {
            view! { {execution_badge(&window.last_status)}<span class="sub">{age_of(now, at)}</span> }.into_any()
        }
        None => "never seen".into_any(),
    };
    view! {
        <tr>
            <th scope="row"><bdi>{window.name}</bdi><span class="sub">{window.region}</span></th>
            <td data-label="Next (UTC)">{next}</td>
            <td data-label="Schedule">
                <bdi class="mono">{window.schedule}</bdi><span class="sub">{format!("{zone}, {length}")}</span>
            </td>
            <td data-label="Runs">{tasks}</td>
            <td class="n" data-label="Targets">{count(window.targets)}</td>
            <td data-label="Last">{last}</td>
        </tr>
    }
    .into_any()
}

/// A window's status in Systems Manager's own word.
fn execution_badge(status: &str) -> AnyView {
    let (tone, shape) = match status {
        "SUCCESS" => ("up_to_date", Glyph::Done),
        "FAILED" | "TIMED_OUT" | "CANCELLED" | "SKIPPED_OVERLAPPING" => ("failed", Glyph::Wrong),
        _ => ("stale", Glyph::Old),
    };
    note_badge(tone, shape, status)
}
