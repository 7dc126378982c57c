//! Text in place of rows or above them: nothing to show yet, no row that matches the filters, a notice.

use crate::ui::prelude::*;

/// No row matches the filters; links to the whole list.
pub fn no_matches(what: &'static str, all: &str) -> AnyView {
    view! {
        <div class="empty-state">
            <p><strong>{format!("No {what} match these filters.")}</strong></p>
            <p><a class="button" href=with_query(all, "")>"Clear filters"</a></p>
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

/// A notice across the page; `label` names it for screen readers.
pub fn notice(tone: &str, label: &'static str, shape: Icon, text: impl IntoView + 'static) -> AnyView {
    view! { <section class=format!("notice tone-{tone}") aria-label=label>{icon(shape)}{text}</section> }.into_any()
}
