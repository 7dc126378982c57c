//! Lists without rows: nothing to show at all, or nothing left by the filters.

use super::glyph::{Glyph, glyph};
use crate::ui::links::with_query;
use leptos::prelude::*;

/// A list that the filters emptied, with the way back to all of it.
pub fn nothing_left(what: &'static str, all: String) -> AnyView {
    view! {
        <div class="empty">
            <p><strong>{format!("No {what} match these filters.")}</strong></p>
            <p><a class="button" href=with_query(&all, "")>"Clear the filters"</a></p>
        </div>
    }
    .into_any()
}

/// A list that has nothing to show yet, and why.
pub fn nothing_here(title: &'static str, why: &'static str) -> AnyView {
    view! {
        <div class="empty">
            <p>{glyph(Glyph::Unknown)}" "<strong>{title}</strong></p>
            <p class="soft">{why}</p>
        </div>
    }
    .into_any()
}
