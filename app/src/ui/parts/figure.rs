//! A number that leads to the list of exactly that many rows.

use crate::ui::prelude::*;

/// `what` completes the link's accessible name: "12 pending OS updates of nw-identity".
pub fn figure(n: u64, href: String, what: String) -> AnyView {
    view! { <a class=class(n) href=href aria-label=format!("{} {what}", count(n))>{count(n)}</a> }.into_any()
}

/// On narrow screens, a cell with a zero takes no line.
fn class(n: u64) -> &'static str {
    if n == 0 { "figure zero" } else { "figure" }
}

/// The same, or a plain number where no list has exactly the counted rows.
pub fn figure_or_plain(n: u64, href: Option<String>, what: String) -> AnyView {
    match href {
        Some(href) => figure(n, href, what),
        None => view! { <span class=class(n)>{count(n)}</span> }.into_any(),
    }
}
