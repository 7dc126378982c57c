//! A table whose columns are declared once: the heading, the label of each cell on narrow screens, and the alignment.

use crate::ui::prelude::*;

/// A column's heading and the class of its cells.
#[derive(Clone, Copy)]
pub struct Column {
    heading: &'static str,
    class: &'static str,
}

impl Column {
    pub const fn text(heading: &'static str) -> Self {
        Self { heading, class: "" }
    }

    /// For text of more than a few words.
    pub const fn wide(heading: &'static str) -> Self {
        Self { heading, class: "wide-text" }
    }

    pub const fn numeric(heading: &'static str) -> Self {
        Self { heading, class: "numeric" }
    }

    pub const fn mono(heading: &'static str) -> Self {
        Self { heading, class: "mono" }
    }

    /// Only numbers also align their heading.
    fn heading_class(self) -> Option<&'static str> {
        (self.class == "numeric").then_some(self.class)
    }

    fn cell_class(self) -> Option<&'static str> {
        (!self.class.is_empty()).then_some(self.class)
    }
}

/// The cells of a row, of any type of view.
macro_rules! cells {
    ($($cell:expr),+ $(,)?) => {
        vec![$(leptos::prelude::IntoAny::into_any($cell)),+]
    };
}
pub(crate) use cells;

/// A table, or the title and the reason of an empty state if there are no rows.
pub fn data_table_or(
    (title, reason): (&'static str, &'static str),
    caption: &'static str,
    columns: &[Column],
    rows: impl Iterator<Item = Vec<AnyView>>,
) -> AnyView {
    let mut rows = rows.peekable();
    if rows.peek().is_none() { empty_state(title, reason) } else { data_table(caption, columns, rows) }
}

/// A table in a scrolling region. The first cell of each row is its heading.
pub fn data_table(caption: &'static str, columns: &[Column], rows: impl IntoIterator<Item = Vec<AnyView>>) -> AnyView {
    let headings = columns
        .iter()
        .map(|column| view! { <th scope="col" class=column.heading_class()>{column.heading}</th> })
        .collect_view();
    let rows = rows.into_iter().map(|row| {
        let cells = columns.iter().zip(row).enumerate().map(|(index, (column, cell))| match index {
            0 => view! { <th scope="row" class=column.cell_class()>{cell}</th> }.into_any(),
            _ => view! { <td class=column.cell_class() data-label=column.heading>{cell}</td> }.into_any(),
        });
        view! { <tr>{cells.collect_view()}</tr> }
    });
    let table = view! {
        <table class="responsive-table">
            <caption class="visually-hidden">{caption}</caption>
            <thead><tr>{headings}</tr></thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    };
    table_region(caption, table.into_any())
}

/// A region in which a wide table scrolls sideways, reachable by keyboard. `table` is the whole `<table>`, with its caption.
pub fn table_region(label: &'static str, table: AnyView) -> AnyView {
    view! {
        <div class="table-scroll" role="region" tabindex="0" aria-label=format!("{label}, table")>
            {table}
        </div>
    }
    .into_any()
}
