//! The API calls of the last harvests, by operation.

use crate::{model::OperationCalls, ui::prelude::*};

const COLUMNS: [Column; 3] = [Column::mono("Operation"), Column::numeric("API calls"), Column::numeric("Rows")];

pub fn calls_card(operations: Vec<OperationCalls>) -> AnyView {
    if operations.is_empty() {
        return ().into_any();
    }
    let total: u64 = operations.iter().map(|operation| operation.api_calls).sum();
    let most = operations.iter().map(|operation| operation.api_calls).max().unwrap_or_default();
    let rows = operations.into_iter().map(|operation| {
        let width = format!("width:{}%", percent(operation.api_calls, most));
        let meter =
            view! { <span class="meter" aria-hidden="true"><span class="fill-accent" style=width></span></span> };
        cells![operation.operation, (count(operation.api_calls), meter), count(operation.rows)]
    });
    Card::new("calls", "AWS API calls")
        .note(format!("{} in the last harvest of every account", plural(total, "call", "calls")))
        .content(data_table("API calls by operation", &COLUMNS, rows))
}
