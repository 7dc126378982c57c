//! Every transition of the instance's updates by day, newest first, and when the instance was first seen or went missing.

use super::tab::Tab;
use crate::{
    model::{
        filter::HistoryFilter, ids::InstanceId, instance::InstancePage, page::Page, transition::TransitionRow,
        update::UpdateState,
    },
    ui::{
        format::{self, plural},
        links::{kept_since, with_query},
        parts::{Card, Icon, empty_state, export_links, icon, pagination, severity_label, update_tone},
    },
};
use leptos::prelude::*;

pub fn history_card(instance: &InstancePage, page: Page<TransitionRow>, query: &str) -> AnyView {
    let id = &instance.instance.instance_id;
    let filter = HistoryFilter::from_query(id.clone(), query).unwrap_or_else(|_| HistoryFilter::of(id.clone()));
    let (shown, total) = (page.rows.len(), page.total);
    let content = match shown {
        0 => empty_state("No changes yet", "The history starts with the first harvest of this instance."),
        _ => view! { <div class="history">{by_day(page.rows).into_iter().map(day).collect_view()}</div> }.into_any(),
    };
    // Before that day, only the last change of each update is stored.
    let coverage = kept_since().map_or("complete".to_owned(), |day| format!("complete since {}", format::date(day)));
    let pager = pagination(total, shown, filter.window, |window| {
        Tab::History.list_href(id, &HistoryFilter { window, ..filter.clone() }.to_query())
    });
    Card::new("list", "Update history")
        .note(format!("{}, {coverage}", plural(total, "change", "changes")))
        .actions(instance_exports("history", id))
        .content((lifetime(instance), content, pager))
}

/// Downloads of one of the instance's whole lists.
pub fn instance_exports(view: &'static str, id: &InstanceId) -> AnyView {
    let href = |rest: &str| with_query(&format!("/export/{view}.csv"), &format!("instance={id}{rest}"));
    export_links(view, href(""), href("&excel=1"))
}

/// Groups the rows by day without changing their order.
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
        <section class="history-day">
            <h3>{day}<span class="muted">{changes}</span></h3>
            <ol class="timeline">{rows.into_iter().map(entry).collect_view()}</ol>
        </section>
    }
    .into_any()
}

/// When the instance was first seen and, if it is gone, since when.
fn lifetime(instance: &InstancePage) -> AnyView {
    let gone = instance.gone_at.map(|at| format!(", gone since the harvest of {}", format::date_time(at)));
    let first_seen = format::date_time(instance.first_seen_at);
    view! { <p class="muted card-body">{format!("First seen by the harvest of {first_seen}")}{gone}"."</p> }.into_any()
}

/// The baseline of the change, and the previous one where it differs.
fn baseline(row: &TransitionRow) -> Option<String> {
    if row.baseline_id.is_empty() {
        return None;
    }
    let name = row.baseline_name.as_ref().filter(|name| !name.is_empty());
    let baseline = name.map_or(row.baseline_id.clone(), |name| format!("{name} ({})", row.baseline_id));
    Some(match &row.previous_baseline_id {
        Some(previous) => format!("baseline {baseline}, previously {previous}"),
        None => format!("baseline {baseline}"),
    })
}

fn entry(row: TransitionRow) -> AnyView {
    let (tone, shape) = match &row.to_state {
        Some(state) => (update_tone(state), Icon::of_update(state)),
        None => ("no_data", Icon::Unknown),
    };
    let label = |state: &Option<UpdateState>, none: &'static str| {
        state.as_ref().map_or(none.to_owned(), |state| state.label().to_owned())
    };
    let title = if row.name.is_empty() { row.description.clone() } else { row.name.clone() };
    let change = format!("{} → {}", label(&row.from_state, "not seen before"), label(&row.to_state, "not reported"));
    let seen = (row.seen_at != row.happened_at).then(|| format!("seen {}", format::date_time(row.seen_at)));
    let by = (!row.operation.is_empty()).then(|| format!("reported by {}", row.operation));
    let baseline = baseline(&row);
    let run = row.command_id.as_ref().map(|id| format!("run {id}"));
    let details = [by, run, baseline, seen].into_iter().flatten().map(|text| view! { <li><bdi>{text}</bdi></li> });
    view! {
        <li class=format!("tone-{tone}")>
            <time class="time" datetime=format::rfc3339(row.happened_at)>{format::time_of_day(row.happened_at)}</time>
            {icon(shape)}
            <div>
                <p><b><bdi>{title}</bdi></b>" "{row.sentence()}</p>
                <p class="muted wide-text"><bdi>{row.description.clone()}</bdi></p>
                <ul class="timeline-details">
                    <li>{change}</li>
                    <li><bdi>{row.classification.clone()}</bdi></li>
                    <li>{severity_label(&row.severity)}</li>
                    {details.collect_view()}
                </ul>
            </div>
        </li>
    }
    .into_any()
}
