//! Downloads of a whole list.

use leptos::prelude::*;

/// `href` gives the address of the CSV for programs and, with `true`, of the one that spreadsheets open correctly.
pub fn export_links(what: &'static str, href: impl Fn(bool) -> String) -> AnyView {
    view! {
        <span class="exports">
            <a class="button" href=href(false) download="" aria-label=format!("Export {what} as CSV")>"CSV"</a>
            <a class="button" href=href(true) download="" aria-label=format!("Export {what} for Excel")>
                "Excel"
            </a>
        </span>
    }
    .into_any()
}
