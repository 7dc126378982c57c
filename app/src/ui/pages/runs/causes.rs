//! Failed results by cause, with what to do.

use crate::{
    model::{RunCauseRow, RunResultsFilter, run_cause},
    ui::prelude::*,
};

const COLUMNS: [Column; 6] = [
    Column::wide("Cause"),
    Column::numeric("Results"),
    Column::numeric("Instances"),
    Column::numeric("Customers"),
    Column::numeric("First (UTC)"),
    Column::numeric("Last (UTC)"),
];

/// `results` selects the results that were counted.
pub fn causes_card(causes: Vec<RunCauseRow>, results: &RunResultsFilter) -> AnyView {
    let empty = ("Nothing failed", "Every result that has ended succeeded.");
    let rows = causes.into_iter().map(|row| cause_row(row, results));
    Card::new("causes", "Failures by cause").note("Most results first").content(data_table_or(
        empty,
        "Failures by cause",
        &COLUMNS,
        rows,
    ))
}

fn cause_row(row: RunCauseRow, results: &RunResultsFilter) -> Vec<AnyView> {
    let href = links::run_results(&RunResultsFilter { cause: Some(row.cause.clone()), ..results.clone() });
    let label = run_cause::label(&row.cause);
    cells![
        view! {
            {cause(&row.cause, &row.evidence)}
            <span class="secondary wrap">{run_cause::remedy(&row.cause)}</span>
        },
        figure(row.results, href, format!("results: {label}")),
        count(row.instances),
        count(row.customers),
        short_time(Some(row.first_at), ""),
        short_time(Some(row.last_at), ""),
    ]
}

/// What happened, and the words of the output that tell it.
pub fn cause(code: &str, evidence: &str) -> AnyView {
    let line = (!evidence.is_empty())
        .then(|| view! { <span class="secondary mono wrap"><bdi>{evidence.to_owned()}</bdi></span> });
    view! { <span class="wrap">{run_cause::label(code)}</span>{line} }.into_any()
}
