//! A pending update against its due date.

use super::{badge::note_badge, glyph::Glyph, stamp::short_time};
use crate::{
    model::{service_level::Due, update::UpdateRow},
    ui::format::{self, plural},
};
use leptos::prelude::*;

fn due_badge(due: Due) -> AnyView {
    match due {
        Due::Overdue => note_badge("failed", Glyph::Old, "Overdue"),
        Due::Soon => note_badge("pending", Glyph::Old, "Due soon"),
        Due::Later => ().into_any(),
    }
}

/// When it is due, its age, and what is known of the days before; nothing of an update that is not pending.
pub fn due_cell(row: &UpdateRow) -> AnyView {
    let (Some(due), Some(age)) = (row.due, row.age_days) else { return ().into_any() };
    let approved = row.approved_at.map(|at| format!("approved {}", format::day(at)));
    let released = row.released_on.map(|on| format!("released {}", format::date(on)));
    let known: Vec<String> = released.into_iter().chain(approved).collect();
    let known = (!known.is_empty()).then(|| view! { <span class="sub">{known.join(", ")}</span> });
    view! {
        {due_badge(due)}" "{short_time(row.due_at, "")}
        <span class="sub">{format!("pending for {}", plural(age.into(), "day", "days"))}</span>
        {known}
    }
    .into_any()
}
