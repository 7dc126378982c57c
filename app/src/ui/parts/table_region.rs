//! A region in which a wide table scrolls sideways, reachable by keyboard.

use leptos::prelude::*;

/// `table` is the whole `<table>`, with its caption.
pub fn table_region(label: &'static str, table: AnyView) -> AnyView {
    view! {
        <div class="table-scroll" role="region" tabindex="0" aria-label=format!("{label}, table")>
            {table}
        </div>
    }
    .into_any()
}
