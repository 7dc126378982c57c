//! A table that may be wider than its place: it scrolls inside a region that the keyboard reaches.

use leptos::prelude::*;

/// `table` is the whole `<table>`, with a caption of its own.
pub fn table_region(label: &'static str, table: AnyView) -> AnyView {
    view! {
        <div class="scroll" role="region" tabindex="0" aria-label=format!("{label}, table")>
            {table}
        </div>
    }
    .into_any()
}
