//! A section of a page with a heading.

use crate::ui::prelude::*;

/// The rest of a card's rows, collapsed. Nothing if there is none.
pub fn collapsed(rows: usize, rest: impl FnOnce() -> AnyView) -> Option<AnyView> {
    (rows > 0).then(|| {
        let summary = format!("{} more", count(rows as u64));
        view! { <details class="card-footer"><summary>{summary}</summary>{rest()}</details> }.into_any()
    })
}

/// A card with its heading; `id` is the heading's and labels the section.
pub struct Card {
    id: &'static str,
    title: String,
    note: AnyView,
    actions: AnyView,
}

impl Card {
    pub fn new(id: &'static str, title: impl Into<String>) -> Self {
        Self { id, title: title.into(), note: ().into_any(), actions: ().into_any() }
    }

    /// A few words beside the heading.
    pub fn note(self, note: impl IntoView + 'static) -> Self {
        Self { note: view! { <span class="muted">{note}</span> }.into_any(), ..self }
    }

    /// Buttons at the end of the header.
    pub fn actions(self, actions: impl IntoView + 'static) -> Self {
        Self { actions: actions.into_any(), ..self }
    }

    pub fn content(self, content: impl IntoView + 'static) -> AnyView {
        let Self { id, title, note, actions } = self;
        view! {
            <section class="card" aria-labelledby=id>
                <div class="card-header"><h2 id=id>{title}</h2>{note}{actions}</div>
                {content}
            </section>
        }
        .into_any()
    }
}
