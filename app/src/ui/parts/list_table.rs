//! A list as a table, by the columns that its row type declares.

use crate::{
    model::column::{Column, Columns, Value},
    ui::{
        parts::{sort_heading::cell_class, timestamp::muted},
        prelude::*,
    },
};

/// A page's own cell for a column; none for the cell that follows from the column's type.
pub type OwnCell<'a, R> = &'a dyn Fn(&R, &Column) -> Option<AnyView>;

/// The columns of these names, in this order.
pub fn columns_named<R: Columns>(names: &[&str]) -> Vec<Column> {
    let all = R::columns();
    names.iter().filter_map(|name| all.iter().find(|column| column.name == *name).copied()).collect()
}

/// Every column that is shown: those of these names first, in this order, then the others as they are declared.
pub fn columns_from<R: Columns>(first: &[&str]) -> Vec<Column> {
    let others = R::columns().into_iter().filter(|column| column.shown && !column.heading.is_empty());
    let others = others.filter(|column| !first.contains(&column.name));
    columns_named::<R>(first).into_iter().chain(others).collect()
}

/// A list with a fixed order as a table.
pub fn plain_table<R: Columns>(
    caption: &'static str,
    columns: &[Column],
    header: &str,
    rows: &[R],
    own: OwnCell<'_, R>,
) -> AnyView {
    list_table((caption, "responsive-table"), headings(columns), columns, header, rows, own)
}

/// A table of rows with one heading for each column. `header` names the column that heads a row.
pub fn list_table<R: Columns>(
    (caption, class): (&'static str, &'static str),
    headings: Vec<AnyView>,
    columns: &[Column],
    header: &str,
    rows: &[R],
    own: OwnCell<'_, R>,
) -> AnyView {
    let names: Vec<_> = R::columns().iter().map(|column| column.name).collect();
    // What heads a stacked row needs no label.
    let is_first = |column: &Column| columns.first().is_some_and(|first| first.name == column.name);
    let row = |row: &R| {
        let values = row.values();
        let value = |name: &str| names.iter().position(|other| *other == name).and_then(|place| values.get(place));
        let cell = |column: &Column| {
            let content = own(row, column);
            let content = content.unwrap_or_else(|| content_of(value(column.name).unwrap_or(&Value::None), column));
            let (class, label) = (cell_class(column), column.heading);
            match column.name == header {
                true if is_first(column) => view! { <th scope="row" class=class>{content}</th> }.into_any(),
                true => view! { <th scope="row" class=class data-label=label>{content}</th> }.into_any(),
                false => view! { <td class=class data-label=label>{content}</td> }.into_any(),
            }
        };
        view! { <tr>{columns.iter().map(cell).collect_view()}</tr> }
    };
    let table = view! {
        <table class=class>
            <caption class="visually-hidden">{caption}</caption>
            <thead><tr>{headings}</tr></thead>
            <tbody>{rows.iter().map(row).collect_view()}</tbody>
        </table>
    };
    table_region(caption, table.into_any())
}

/// What a cell shows by the column's type.
fn content_of(value: &Value<'_>, column: &Column) -> AnyView {
    let unit = column.unit.map(|unit| format!(" {unit}"));
    match value {
        Value::None => muted(column.absent),
        Value::Text(text) if text.is_empty() && !column.absent.is_empty() => muted(column.absent),
        Value::Text(text) => view! { <bdi>{text.to_string()}</bdi> }.into_any(),
        Value::Integer(number) => match u64::try_from(*number) {
            Ok(0) if unit.is_none() => figure_or_plain(0, None, String::new()),
            Ok(number) => view! { {count(number)}{unit} }.into_any(),
            Err(_) => number.to_string().into_any(),
        },
        Value::Decimal(number) => view! { {number.to_string()}{unit} }.into_any(),
        Value::Flag(flag) => if *flag { "Yes" } else { "No" }.into_any(),
        Value::Time(at) => short_time(Some(*at), ""),
        Value::Day(day) => format::date(*day).into_any(),
        Value::Code(code) => (*code).into_any(),
    }
}
