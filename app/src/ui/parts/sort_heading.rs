//! Column headings, sortable ones as links.

use crate::ui::links::{Listed, Sorted, sort_link};
use leptos::prelude::*;

/// A heading that sorts its column. The arrow shows the present order; `aria-sort` says it.
pub fn sort_heading<F: Listed>(
    path: &str,
    filter: &F,
    sort: F::Sort,
    label: &'static str,
    class: &'static str,
) -> AnyView {
    let (href, sorted) = sort_link(path, filter, sort);
    let (aria, arrow) = match sorted {
        Sorted::No => (None, ""),
        Sorted::Ascending => (Some("ascending"), "↑"),
        Sorted::Descending => (Some("descending"), "↓"),
    };
    view! {
        <th scope="col" class=class aria-sort=aria>
            <a class="sort-link" href=href>
                {label}
                <span class="sort-arrow" aria-hidden="true">{arrow}</span>
            </a>
        </th>
    }
    .into_any()
}

pub fn plain_heading(label: &'static str, class: &'static str) -> AnyView {
    view! { <th scope="col" class=class>{label}</th> }.into_any()
}
