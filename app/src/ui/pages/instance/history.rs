//! Every change of the instance's updates, day by day, the newest first, and since when the machine is known or gone.

use super::tab::Tab;
use crate::{
    model::{
        filter::HistoryFilter, ids::InstanceId, instance::InstancePage, page::Page, transition::TransitionRow,
        update::UpdateState,
    },
    ui::{
        format::{self, plural},
        links::{first_day, with_query},
        parts::{Glyph, export_links, glyph, nothing_here, pager_nav, severity_word, update_tone},
    },
};
use leptos::prelude::*;

pub fn history_card(machine: &InstancePage, page: Page<TransitionRow>, query: &str) -> AnyView {
    let id = &machine.instance.instance_id;
    let filter = HistoryFilter::from_query(id.clone(), query).unwrap_or_else(|_| HistoryFilter::of(id.clone()));
    let (shown, total) = (page.rows.len(), page.total);
    let content = match shown {
        0 => nothing_here("No changes yet", "The history starts with the first harvest that found this machine."),
        _ => view! { <div class="days">{by_day(page.rows).into_iter().map(day).collect_view()}</div> }.into_any(),
    };
    // Of what came before, the last change of each update is left.
    let kept = first_day().map_or("kept for ever".to_owned(), |day| format!("complete since {}", format::date(day)));
    let pager = pager_nav(total, shown, filter.window, |window| {
        Tab::History.list_href(id, &HistoryFilter { window, ..filter.clone() }.to_query())
    });
    view! {
        <section class="card" aria-labelledby="list">
            <div class="card-head">
                <h2 id="list">"Update history"</h2>
                <span class="soft">{format!("{}, {kept}", plural(total, "change", "changes"))}</span>
                {instance_exports("history", id)}
            </div>
            {of_machine(machine)} {content} {pager}
        </section>
    }
    .into_any()
}

/// The whole list of this instance as a file.
pub fn instance_exports(view: &'static str, id: &InstanceId) -> AnyView {
    let href = |rest: &str| with_query(&format!("/export/{view}.csv"), &format!("instance={id}{rest}"));
    export_links(view, href(""), href("&excel=1"))
}

/// Rows that happened on the same day together, in the order they came.
fn by_day(rows: Vec<TransitionRow>) -> Vec<(String, Vec<TransitionRow>)> {
    let mut days: Vec<(String, Vec<TransitionRow>)> = Vec::new();
    for row in rows {
        let day = format::day(row.happened_at);
        match days.last_mut() {
            Some((last, rows)) if *last == day => rows.push(row),
            _ => days.push((day, vec![row])),
        }
    }
    days
}

fn day((day, rows): (String, Vec<TransitionRow>)) -> AnyView {
    let changes = plural(rows.len() as u64, "change", "changes");
    view! {
        <section class="day">
            <h3>{day}<span class="soft">{changes}</span></h3>
            <ol class="timeline">{rows.into_iter().map(entry).collect_view()}</ol>
        </section>
    }
    .into_any()
}

/// What happened to the machine itself, on every page of the list.
fn of_machine(machine: &InstancePage) -> AnyView {
    let gone = machine.gone_at.map(|at| format!(", gone since the harvest of {}", format::stamp(at)));
    let first_seen = format::stamp(machine.first_seen_at);
    view! { <p class="soft pad">{format!("The machine was first seen by the harvest of {first_seen}")}{gone}"."</p> }
        .into_any()
}

/// The baseline by its name, and whether the change before went by another one.
fn baseline(row: &TransitionRow) -> Option<String> {
    if row.baseline_id.is_empty() {
        return None;
    }
    let name = row.baseline_name.as_ref().filter(|name| !name.is_empty());
    let baseline = name.map_or(row.baseline_id.clone(), |name| format!("{name} ({})", row.baseline_id));
    Some(match &row.previous_baseline_id {
        Some(previous) => format!("by another baseline: {baseline}, before it {previous}"),
        None => format!("baseline {baseline}"),
    })
}

fn entry(row: TransitionRow) -> AnyView {
    let (tone, shape) = match &row.to_state {
        Some(state) => (update_tone(state), Glyph::of_update(state)),
        None => ("no_data", Glyph::Unknown),
    };
    let word = |state: &Option<UpdateState>, none: &'static str| {
        state.as_ref().map_or(none.to_owned(), |state| state.label().to_owned())
    };
    let title = if row.name.is_empty() { row.description.clone() } else { row.name.clone() };
    let change = format!("{} → {}", word(&row.from_state, "not seen before"), word(&row.to_state, "not reported"));
    let seen = (row.seen_at != row.happened_at).then(|| format!("seen {}", format::stamp(row.seen_at)));
    let by = (!row.operation.is_empty()).then(|| format!("reported by {}", row.operation));
    let baseline = baseline(&row);
    let run = row.command_id.as_ref().map(|id| format!("run {id}"));
    let details = [by, run, baseline, seen].into_iter().flatten().map(|text| view! { <li><bdi>{text}</bdi></li> });
    view! {
        <li class=format!("tone-{tone}")>
            <time class="at" datetime=format::iso(row.happened_at)>{format::clock(row.happened_at)}</time>
            {glyph(shape)}
            <div class="what">
                <p><b><bdi>{title}</bdi></b>" "{row.sentence()}</p>
                <p class="soft text"><bdi>{row.description.clone()}</bdi></p>
                <ul class="details">
                    <li>{change}</li>
                    <li><bdi>{row.classification.clone()}</bdi></li>
                    <li>{severity_word(&row.severity)}</li>
                    {details.collect_view()}
                </ul>
            </div>
        </li>
    }
    .into_any()
}
