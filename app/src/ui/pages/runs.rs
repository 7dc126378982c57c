//! `/runs`: the runs of some days, how they ended, and why results failed.

mod causes;
mod contradictions;
mod failed_patches;
mod results;
mod run;

pub use causes::cause;
pub use results::{run_results_page, state_since};
pub use run::run_page;

use crate::{
    model::{RunOutcome, RunResults, RunResultsFilter, RunRow, RunsFilter, RunsPage, column::Column},
    ui::{pages::instance::run_badge, prelude::*},
};

const COLUMNS: [&str; 9] = [
    "requested_at",
    "operation",
    "account_name",
    "status",
    "planned",
    "succeeded",
    "failed",
    "not_reached",
    "unfinished",
];

pub fn runs_page() -> AnyView {
    filtered_page("/runs", rpc::run_list, show)
}

fn show(page: Filtered<RunsFilter>, data: RunsPage) -> AnyView {
    let filter = &page.filter;
    let links = AccountLinks::of(filter);
    let freshness = data.freshness.clone();
    page.show("Runs", &freshness, &links, || content(filter, data))
}

fn content(filter: &RunsFilter, data: RunsPage) -> AnyView {
    let RunsPage { from, to, totals, not_read, causes, failed_patches, contradictions, rows, .. } = data;
    let of_results = filter.results();
    let days = format!("{} to {}", format::date(from), format::date(to));
    let href = |window| links::runs(&RunsFilter { window, ..filter.clone() });
    let empty = no_matches("runs", "/runs");
    let content = paged(&rows, filter.window, href, empty, |rows| {
        let columns = columns_named::<RunRow>(&COLUMNS);
        let headings = sort_headings("/runs", filter, &columns);
        list_table(("Runs", "responsive-table dense"), headings, &columns, "requested_at", rows, &cell)
    });
    let of_outcome = |outcome| {
        let exact = filter.outcome.is_none();
        exact.then(|| links::run_results(&RunResultsFilter { outcome, ..filter.results() }))
    };
    view! {
        {Card::new("totals", "Results").note(days).content(results_figures(&totals, not_read, of_outcome))}
        {(totals.planned > 0).then(|| causes::causes_card(causes, &of_results))}
        {failed_patches::failed_patches_card(failed_patches, &of_results)}
        {contradictions::contradictions_card(&contradictions, &of_results)}
        {Card::new("list", plural(rows.total, "run", "runs"))
            .note("One row per command")
            .actions(export_links("runs", |excel| export("run_list", filter, excel)))
            .content(content)}
    }
    .into_any()
}

/// Planned, and the four ends that add up to it. `href` gives the list of an end, if it has exactly the counted rows.
fn results_figures(
    results: &RunResults,
    not_read: u64,
    href: impl Fn(Option<RunOutcome>) -> Option<String>,
) -> AnyView {
    let entry = |label: &'static str, n: u64, outcome: Option<RunOutcome>| {
        let value = figure_or_plain(n, href(outcome), format!("results: {label}"));
        view! { <div><dt>{label}</dt><dd>{value}</dd></div> }
    };
    let reboot = (results.awaiting_reboot > 0).then(|| {
        let text = format!("{} of the succeeded ones still wait for a reboot", count(results.awaiting_reboot));
        view! { <p class="muted card-footer">{text}</p> }
    });
    let unread = (not_read > 0).then(|| {
        let text = format!(
            "{} could not be read: how they ended is not known.",
            plural(not_read, "more result", "more results")
        );
        view! { <p class="card-footer"><strong>{text}</strong></p> }
    });
    view! {
        <dl class="key-figures further">
            {entry("Planned", results.planned, None)}
            {entry("Succeeded", results.succeeded, Some(RunOutcome::Succeeded))}
            {entry("Failed", results.failed, Some(RunOutcome::Failed))}
            {entry("Not reached", results.not_reached, Some(RunOutcome::NotReached))}
            {entry("Unfinished", results.unfinished, Some(RunOutcome::Unfinished))}
        </dl>
        {reboot} {unread}
    }
    .into_any()
}

fn cell(row: &RunRow, column: &Column) -> Option<AnyView> {
    let of = |n: u64, outcome: Option<RunOutcome>, what: &str| {
        figure(n, links::results_of_run(&row.command_id, outcome), format!("results of the run: {what}"))
    };
    let results = &row.results;
    let cell = match column.name {
        "requested_at" => view! {
            <a class="name" href=links::run(&row.command_id)>{format::date_time_short(row.requested_at)}</a>
            <span class="secondary">{row.region.clone()}</span>
        }
        .into_any(),
        "operation" if row.operation.is_empty() => view! { <bdi>{row.document_name.clone()}</bdi> }.into_any(),
        "account_name" => {
            account_cell(&row.account_id, row.account_name.clone(), &row.provider, row.customer_name.clone())
        }
        "status" => run_badge(&row.status),
        "planned" => {
            let unread = (row.not_read > 0).then(
                || view! { <span class="secondary warning">{format!("{} not read", count(row.not_read))}</span> },
            );
            view! { {of(results.planned, None, "planned")} {unread} }.into_any()
        }
        "succeeded" => of(results.succeeded, Some(RunOutcome::Succeeded), "succeeded"),
        "failed" => of(results.failed, Some(RunOutcome::Failed), "failed"),
        "not_reached" => of(results.not_reached, Some(RunOutcome::NotReached), "not reached"),
        "unfinished" => of(results.unfinished, Some(RunOutcome::Unfinished), "unfinished"),
        _ => return None,
    };
    Some(cell)
}
