//! The account's latest runs.

use super::Empty;
use crate::{
    model::RunRow,
    ui::{pages::instance::run_badge, prelude::*},
};

const COLUMNS: [Column; 5] = [
    Column::text("Requested (UTC)"),
    Column::text("Operation"),
    Column::text("Status"),
    Column::numeric("Completed"),
    Column::numeric("Errors"),
];

pub const EMPTY: Empty = (
    "No runs",
    "No command of a patch document was found in this account in the last 30 days. AWS's own patch documents are followed, \
     and the ones that the operator configured.",
);

pub fn runs_card(runs: Vec<RunRow>, empty: Empty) -> AnyView {
    let content = data_table_or(empty, "Latest runs", &COLUMNS, runs.into_iter().map(row));
    Card::new("runs", "Latest runs").content(content)
}

fn row(run: RunRow) -> Vec<AnyView> {
    let operation = if run.operation.is_empty() { run.document_name } else { run.operation };
    cells![
        view! { {short_time(Some(run.requested_at), "")}<span class="secondary">{run.region}</span> },
        view! { <bdi>{operation}</bdi> },
        run_badge(&run.status),
        format!("{} of {}", run.completed, plural(run.targets, "instance", "instances")),
        count(run.errors),
    ]
}
