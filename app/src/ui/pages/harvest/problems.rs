//! The failed operations, since when they fail, and what to do about them.

use crate::{
    model::{HarvestError, HarvestRow},
    ui::prelude::*,
};

pub fn problems_card(rows: &[HarvestRow], now: Timestamp) -> AnyView {
    let failing: Vec<_> = rows.iter().filter(|row| !row.errors.is_empty()).collect();
    if failing.is_empty() {
        let text = view! { <p>"No failed operations in the last harvests."</p> };
        return notice("up_to_date", "Problems", Icon::Success, text);
    }
    let title = plural(failing.len() as u64, "harvest with problems", "harvests with problems");
    let rows = failing.into_iter().map(|row| failing_row(row, now)).collect_view();
    Card::new("problems", title).content(view! { <ul class="problem-list">{rows}</ul> })
}

fn failing_row(row: &HarvestRow, now: Timestamp) -> AnyView {
    let harvested = match row.last_read_at {
        Some(at) => view! { "harvested "{age_of(now, at)} }.into_any(),
        None => "never harvested".into_any(),
    };
    let errors = row.errors.iter().map(|error| view! { <li>{error_entry(error, now)}</li> });
    view! {
        <li>
            <p class="item-title">
                <a class="name" href=links::account(&row.account_id)><bdi>{row.account_name.clone()}</bdi></a>
                <span class="mono muted">{row.region.clone()}</span>
                {harvest_badge(row.state)}
                <span class="muted">{harvested}</span>
            </p>
            <ul>{errors.collect_view()}</ul>
        </li>
    }
    .into_any()
}

/// A failed operation: since when it fails, AWS's message, and what to do.
pub fn error_entry(error: &HarvestError, now: Timestamp) -> AnyView {
    error_entry_with(error, error.class.advice(&error.code), now)
}

/// The same with advice of its own.
pub fn error_entry_with(error: &HarvestError, advice: &'static str, now: Timestamp) -> AnyView {
    view! {
            <p>
                {badge("failed", Icon::Failure, error.class.label())}
                " "<b><bdi>{error.operation.clone()}</bdi></b>" "
                <span class="muted">"since "{age_of(now, error.since)}", "<bdi class="mono">{error.code.clone()}</bdi></span>
            </p>
            <p class="message"><bdi>{error.message.clone()}</bdi></p>
            <p class="advice">{advice}</p>
    }
    .into_any()
}
