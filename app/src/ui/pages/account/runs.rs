//! The account's latest runs.

use super::Empty;
use crate::{
    model::{AccountId, RunOutcome, RunRow, RunsFilter},
    ui::{pages::instance::run_badge, prelude::*},
};

const COLUMNS: [Column; 5] = [
    Column::text("Requested (UTC)"),
    Column::text("Operation"),
    Column::text("Status"),
    Column::numeric("Succeeded"),
    Column::numeric("Failed"),
];

pub const EMPTY: Empty = (
    "No runs",
    "No command of a patch document was found in this account in the last seven days. AWS's own patch documents are followed, \
     and the ones that the operator configured.",
);

pub fn runs_card(runs: Vec<RunRow>, empty: Empty, account: &AccountId) -> AnyView {
    let all = links::runs(&RunsFilter { account: Some(account.clone()), ..RunsFilter::default() });
    let content = data_table_or(empty, "Latest runs", &COLUMNS, runs.into_iter().map(row));
    Card::new("runs", "Latest runs")
        .note("Of the last seven days")
        .actions(view! { <a class="button" href=all>"All runs"</a> })
        .content(content)
}

fn row(run: RunRow) -> Vec<AnyView> {
    let operation = if run.operation.is_empty() { run.document_name } else { run.operation };
    let of = |n: u64, outcome: Option<RunOutcome>, what: &str| {
        figure(n, links::results_of_run(&run.command_id, outcome), format!("results of the run: {what}"))
    };
    let results = &run.results;
    let at = format::date_time_short(run.requested_at);
    cells![
        view! { <a href=links::run(&run.command_id)>{at}</a><span class="secondary">{run.region.clone()}</span> },
        view! { <bdi>{operation}</bdi> },
        run_badge(&run.status),
        view! {
            {of(results.succeeded, Some(RunOutcome::Succeeded), "succeeded")}
            " of "
            {of(results.planned, None, "planned")}
        },
        of(results.failed, Some(RunOutcome::Failed), "failed"),
    ]
}
