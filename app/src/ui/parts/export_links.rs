//! Downloads of a whole list.

use leptos::prelude::*;

/// `plain` is CSV for programs, `excel` the CSV that spreadsheets open correctly.
pub fn export_links(what: &'static str, plain: String, excel: String) -> AnyView {
    view! {
        <span class="exports">
            <a class="button" href=plain download="" aria-label=format!("Export {what} as CSV")>"CSV"</a>
            <a class="button" href=excel download="" aria-label=format!("Export {what} for Excel")>
                "Excel"
            </a>
        </span>
    }
    .into_any()
}
