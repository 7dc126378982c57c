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

/// The due date, the age, and the release and approval dates that are known; without an approval, the day from which the
/// days count. Empty for an update that is not pending.
pub fn due_cell(row: &UpdateRow) -> AnyView {
    let (Some(due), Some(age)) = (row.due, row.age_days) else { return ().into_any() };
    let released = row.released_on.map(|on| format!("released {}", format::date(on)));
    let counted = match (row.approved_at, row.pending_since) {
        (Some(at), _) => Some(format!("approved {}", format::day(at))),
        (None, Some(since)) => Some(format!("approval unknown, counted from {}", format::day(since))),
        (None, None) => None,
    };
    let known: Vec<String> = released.into_iter().chain(counted).collect();
    view! {
        {due_badge(due)}" "{short_time(row.due_at, "")}
        <span class="secondary">{format!("pending for {}", plural(age.into(), "day", "days"))}</span>
        <span class="secondary">{known.join(", ")}</span>
    }
    .into_any()
}
