//! The changes themselves.

use crate::{
    model::{ChangeRow, UpdateState, column::Column},
    ui::prelude::*,
};

const COLUMNS: [&str; 8] =
    ["kind", "description", "severity", "from_state", "to_state", "instance_name", "account_name", "happened_at"];

pub fn rows_table(rows: &[ChangeRow]) -> AnyView {
    let columns = columns_named::<ChangeRow>(&COLUMNS);
    plain_table("Changes", &columns, "kind", rows, &cell)
}

fn cell(row: &ChangeRow, column: &Column) -> Option<AnyView> {
    let state = |state: &Option<UpdateState>| state.as_ref().map(update_badge).into_any();
    let cell = match column.name {
        "kind" => row.kind.label().into_any(),
        "severity" => (!row.name.is_empty()).then(|| severity_label(&row.severity, row.severity_band)).into_any(),
        "from_state" => state(&row.from_state),
        "to_state" => state(&row.to_state),
        "instance_name" => view! {
            <a class="name" href=links::instance(&row.instance_id)><bdi>{row.instance_name.clone()}</bdi></a>
        }
        .into_any(),
        "account_name" => {
            view! { <a href=links::account(&row.account_id)><bdi>{row.account_name.clone()}</bdi></a> }.into_any()
        }
        _ => return None,
    };
    Some(cell)
}
