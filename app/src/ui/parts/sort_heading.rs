//! Column headings, sortable ones as links.

use crate::{
    model::column::{Column, Kind},
    ui::links::{Listed, Sorted, sort_link},
};
use leptos::prelude::*;

/// A heading for each column; one that the list can be sorted by is a link. The arrow shows the present order, `aria-sort`
/// says it.
pub fn sort_headings<F: Listed>(path: &str, filter: &F, columns: &[Column]) -> Vec<AnyView> {
    let heading = |column: &Column| {
        let Some((href, sorted)) = sort_link(path, filter, column) else { return heading(column) };
        let (aria, arrow) = match sorted {
            Sorted::No => (None, ""),
            Sorted::Ascending => (Some("ascending"), "↑"),
            Sorted::Descending => (Some("descending"), "↓"),
        };
        view! {
            <th scope="col" class=heading_class(column) title=help(column) aria-sort=aria>
                <a class="sort-link" href=href>
                    {column.heading}
                    {(!arrow.is_empty()).then(|| view! { <span class="sort-arrow" aria-hidden="true">{arrow}</span> })}
                </a>
            </th>
        }
        .into_any()
    };
    columns.iter().map(heading).collect()
}

/// A heading for each column of a list with a fixed order.
pub fn headings(columns: &[Column]) -> Vec<AnyView> {
    columns.iter().map(heading).collect()
}

fn heading(column: &Column) -> AnyView {
    view! { <th scope="col" class=heading_class(column) title=help(column)>{column.heading}</th> }.into_any()
}

fn help(column: &Column) -> Option<&'static str> {
    Some(column.help).filter(|help| !help.is_empty())
}

/// Figures are aligned with their heading.
fn heading_class(column: &Column) -> &'static str {
    match column.kind {
        Kind::Number | Kind::Time | Kind::Day if column.class != Some("") => "numeric",
        _ => "",
    }
}

/// The CSS class of a column's cells.
pub fn cell_class(column: &Column) -> &'static str {
    column.class.unwrap_or_else(|| heading_class(column))
}
