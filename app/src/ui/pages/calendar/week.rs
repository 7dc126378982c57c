//! The days of the calendar side by side, with what starts on each.

use super::{local, on_days, own_zone};
use crate::{
    model::{CalendarDay, CalendarFilter, CalendarGroup},
    ui::prelude::*,
};
use jiff::{Span, civil::Date};

pub fn week_card(filter: &CalendarFilter, zone: &str, (from, to): (Date, Date), days: &[CalendarDay]) -> AnyView {
    let length = Span::new().days(i64::try_from(days.len()).unwrap_or(1));
    let moved = |by: Span| links::calendar(&on_days(filter, from.saturating_add(by), to.saturating_add(by)));
    let cells = days.iter().map(|day| day_cell(filter, day)).collect_view();
    let actions = view! {
        <span class="actions">
            {own_zone(filter, zone)}
            <a class="button subtle" href=moved(-length)>"Earlier"</a>
            <a class="button subtle" href=moved(length)>"Later"</a>
        </span>
    };
    Card::new("days", format!("{} to {}", format::date(from), format::date(to)))
        .note(format!("Times in {zone}"))
        .actions(actions.into_any())
        .content(view! { <ol class="week">{cells}</ol> })
}

fn day_cell(filter: &CalendarFilter, day: &CalendarDay) -> AnyView {
    let of_day = links::calendar(&on_days(filter, day.day, day.day));
    let head = view! {
        <h3>{day.day.strftime("%a %-d %b").to_string()}</h3>
        {figure(day.entries, of_day.clone(), format!("starts on {}", format::date(day.day)))}
    };
    let groups = day.groups.iter().map(|group| view! { <li>{group_line(group)}</li> }).collect_view();
    let more = (day.more_entries > 0).then(|| {
        let text = format!("{} more", count(day.more_entries));
        view! { <li><a href=of_day>{text}</a></li> }
    });
    view! { <li class="day" class:empty=day.entries == 0>{head}<ul>{groups}{more}</ul></li> }.into_any()
}

fn group_line(group: &CalendarGroup) -> AnyView {
    let time = local(&group.local_start).map(|at| at.strftime("%H:%M").to_string());
    let what = [
        (group.entries > 1).then(|| format!("{} times", count(group.entries))),
        Some(plural(group.instances, "instance", "instances")),
        (group.pending_updates > 0).then(|| plural(group.pending_updates, "update", "updates")),
    ];
    let what = what.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let failed = (group.failed > 0).then(|| {
        view! { <span class="warning">{format!("{} failed or missed", count(group.failed))}</span> }
    });
    view! {
        <b>{time}</b>" "<bdi>{group.name.clone()}</bdi><span class="secondary">{what}</span> {failed}
    }
    .into_any()
}
