//! A pending update against its due date.

use crate::{
    model::{Due, UpdateRow},
    ui::prelude::*,
};

fn due_badge(due: Due) -> AnyView {
    match due {
        Due::Overdue => badge("failed", Icon::Clock, "Overdue"),
        Due::Soon => badge("pending", Icon::Clock, "Due soon"),
        Due::Later => ().into_any(),
    }
}

/// The due date, the age, and the known release and approval dates; empty for an update that is not pending.
pub fn due_cell(row: &UpdateRow) -> AnyView {
    let (Some(due), Some(age)) = (row.due, row.age_days) else { return ().into_any() };
    let approved = row.approved_at.map(|at| format!("approved {}", format::day(at)));
    let released = row.released_on.map(|on| format!("released {}", format::date(on)));
    let known: Vec<String> = released.into_iter().chain(approved).collect();
    let known = (!known.is_empty()).then(|| view! { <span class="secondary">{known.join(", ")}</span> });
    view! {
        {due_badge(due)}" "{short_time(row.due_at, "")}
        <span class="secondary">{format!("pending for {}", plural(age.into(), "day", "days"))}</span>
        {known}
    }
    .into_any()
}
