//! Lists without rows: nothing to show yet, or no row that matches the filters.

use super::icon::{Icon, icon};
use crate::ui::links::with_query;
use leptos::prelude::*;

/// No row matches the filters; links to the whole list.
pub fn no_matches(what: &'static str, all: String) -> AnyView {
    view! {
        <div class="empty-state">
            <p><strong>{format!("No {what} match these filters.")}</strong></p>
            <p><a class="button" href=with_query(&all, "")>"Clear filters"</a></p>
        </div>
    }
    .into_any()
}

/// Nothing to show yet, and why.
pub fn empty_state(title: &'static str, reason: &'static str) -> AnyView {
    view! {
        <div class="empty-state">
            <p>{icon(Icon::Unknown)}" "<strong>{title}</strong></p>
            <p class="muted">{reason}</p>
        </div>
    }
    .into_any()
}
