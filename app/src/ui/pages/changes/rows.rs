//! The list of changes.

use crate::{
    model::{change::ChangeRow, update::UpdateState},
    ui::{
        links,
        parts::{Column, cells, data_table, severity_label, short_time, update_badge},
    },
};
use leptos::prelude::*;

const COLUMNS: [Column; 8] = [
    Column::text("Change"),
    Column::wide("Update"),
    Column::text("Severity"),
    Column::text("Before"),
    Column::text("After"),
    Column::text("Instance"),
    Column::text("Account"),
    Column::numeric("Time (UTC)"),
];

pub fn rows_table(rows: Vec<ChangeRow>) -> AnyView {
    data_table("Changes", &COLUMNS, rows.into_iter().map(row))
}

fn row(row: ChangeRow) -> Vec<AnyView> {
    let state = |state: Option<UpdateState>| state.map(|state| update_badge(&state));
    cells![
        row.kind.label(),
        view! { <bdi>{row.description}</bdi> },
        (!row.name.is_empty()).then(|| severity_label(&row.severity)),
        state(row.from_state),
        state(row.to_state),
        view! { <a class="name" href=links::instance(&row.instance_id)><bdi>{row.instance_name}</bdi></a> },
        view! { <a href=links::account(&row.account_id)><bdi>{row.account_name}</bdi></a> },
        short_time(row.happened_at, "Unknown"),
    ]
}
