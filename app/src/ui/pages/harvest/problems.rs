//! What failed, since when, and what to do about it: first on the page, because it's why an operator comes.

use crate::{
    model::harvest::{HarvestError, HarvestRow},
    ui::{
        format::plural,
        links,
        parts::{Glyph, age_of, glyph, harvest_badge, note_badge},
    },
};
use jiff::Timestamp;
use leptos::prelude::*;

pub fn problems_card(rows: &[HarvestRow], now: Timestamp) -> AnyView {
    let troubled: Vec<_> = rows.iter().filter(|row| !row.errors.is_empty()).collect();
    if troubled.is_empty() {
        return view! {
            <section class="notice tone-up_to_date" aria-label="Problems">
                {glyph(Glyph::Done)}<p>"No operation failed in the last harvests shown here."</p>
            </section>
        }
        .into_any();
    }
    let title = plural(troubled.len() as u64, "harvest with problems", "harvests with problems");
    view! {
        <section class="card" aria-labelledby="problems">
            <div class="card-head"><h2 id="problems">{title}</h2></div>
            <ul class="problems">{troubled.into_iter().map(|row| troubled_row(row, now)).collect_view()}</ul>
        </section>
    }
    .into_any()
}

fn troubled_row(row: &HarvestRow, now: Timestamp) -> AnyView {
    let good = match row.last_good_at {
        Some(at) => view! { "last good "{age_of(now, at)} }.into_any(),
        None => "never harvested".into_any(),
    };
    let errors = row.errors.iter().map(|error| view! { <li>{one_error(error, now)}</li> });
    view! {
        <li>
            <p class="who">
                <a class="name" href=links::account(&row.account_id)><bdi>{row.account_name.clone()}</bdi></a>
                <span class="mono soft">{row.region.clone()}</span>
                {harvest_badge(row.state)}
                <span class="soft">{good}</span>
            </p>
            <ul>{errors.collect_view()}</ul>
        </li>
    }
    .into_any()
}

/// An operation that failed: what, since when, what AWS said, and what to do.
pub fn one_error(error: &HarvestError, now: Timestamp) -> AnyView {
    view! {
            <p>
                {note_badge("failed", Glyph::Wrong, error.class.label())}
                " "<b><bdi>{error.operation.clone()}</bdi></b>" "
                <span class="soft">"since "{age_of(now, error.since)}", "<bdi class="mono">{error.code.clone()}</bdi></span>
            </p>
            <p class="said"><bdi>{error.message.clone()}</bdi></p>
            <p class="advice">{error.class.advice()}</p>
    }
    .into_any()
}
