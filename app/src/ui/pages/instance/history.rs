//! Every transition of the instance's updates by day, newest first, and when the instance was first seen or went missing.

use super::tabs::{Tab, instance_exports};
use crate::{
    model::{HistoryFilter, InstanceId, InstancePage, OfInstance, Page, TransitionRow, UpdateState, Window},
    ui::{links::kept_since, prelude::*},
};

pub fn history_card(instance: &InstancePage, page: Page<TransitionRow>, query: &str) -> AnyView {
    let id = &instance.instance.instance_id;
    let filter = HistoryFilter::from_query(query).unwrap_or_default();
    let empty = match filter.is_whole() {
        true => empty_state("No changes yet", "The history starts with the first harvest of this instance."),
        false => no_matches("changes of this instance", &Tab::History.href(id)),
    };
    let href = |window| Tab::History.list_href(id, &HistoryFilter { window, ..filter.clone() }.to_query());
    let content = paged(&page, filter.window, href, empty, |rows| {
        let days = rows.chunk_by(|one, other| format::day(one.happened_at) == format::day(other.happened_at));
        view! { <div class="history">{days.map(|rows| day(rows, id)).collect_view()}</div> }.into_any()
    });
    // Before that day, only the last change of each update is stored.
    let coverage = kept_since().map_or("complete".to_owned(), |day| format!("complete since {}", format::date(day)));
    let form = Tab::History.form(id, query, &filter, &["q", "kind", "from", "to"]);
    let exported = OfInstance { instance: id.clone(), rows: HistoryFilter { window: Window::default(), ..filter } };
    Card::new("list", "Update history")
        .note(format!("{}, {coverage}", plural(page.total, "change", "changes")))
        .actions(instance_exports("history", &exported))
        .content((form, lifetime(instance), content))
}

/// The changes of one day.
fn day(rows: &[TransitionRow], instance: &InstanceId) -> AnyView {
    let day = rows.first().map(|row| format::day(row.happened_at));
    let changes = plural(rows.len() as u64, "change", "changes");
    view! {
        <section class="history-day">
            <h3>{day}<span class="muted">{changes}</span></h3>
            <ol class="timeline">{rows.iter().map(|row| entry(row, instance)).collect_view()}</ol>
        </section>
    }
    .into_any()
}

/// When the instance was first seen, under whichever id, and, if it is gone, since when.
fn lifetime(instance: &InstancePage) -> AnyView {
    let gone = instance.gone_at.map(|at| format!(", gone since the harvest of {}", format::date_time(at)));
    let others = instance.registrations.iter().filter(|other| other.is_attested);
    let earliest = others.min_by_key(|other| other.first_seen_at);
    let (first_seen_at, former) = match earliest.filter(|other| other.first_seen_at < instance.first_seen_at) {
        Some(other) => (other.first_seen_at, Some(format!(" as {}", other.instance_id))),
        None => (instance.first_seen_at, None),
    };
    let first_seen = format!("First seen by the harvest of {}", format::date_time(first_seen_at));
    view! { <p class="muted card-body">{first_seen}{former}{gone}"."</p> }.into_any()
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

/// One change, with the id of the instance then if it has another one now.
fn entry(row: &TransitionRow, instance: &InstanceId) -> AnyView {
    let (tone, shape) = row.to_state.as_ref().map_or(("no_data", Icon::Unknown), update_look);
    let label = |state: &Option<UpdateState>, none: &'static str| {
        state.as_ref().map_or(none.to_owned(), |state| state.label().to_owned())
    };
    let title = if row.name.is_empty() { row.description.clone() } else { row.name.clone() };
    let change = format!("{} → {}", label(&row.from_state, "not seen before"), label(&row.to_state, "not reported"));
    let seen = (row.seen_at != row.happened_at).then(|| format!("seen {}", format::date_time(row.seen_at)));
    let by = (!row.operation.is_empty()).then(|| format!("reported by {}", row.operation));
    let baseline = baseline(row);
    let run = row.command_id.as_ref().map(|id| format!("run {id}"));
    let former = (row.instance_id != *instance).then(|| format!("registered as {}", row.instance_id));
    let details =
        [by, run, baseline, seen, former].into_iter().flatten().map(|text| view! { <li><bdi>{text}</bdi></li> });
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
                    <li>{severity_label(&row.severity, row.severity_band)}</li>
                    {details.collect_view()}
                </ul>
            </div>
        </li>
    }
    .into_any()
}
