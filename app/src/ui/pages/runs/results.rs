//! `/runs/results`: the results of runs on all instances in scope.

use super::causes::cause;
use crate::{
    model::{InvocationRow, Page, RunResultsFilter, column::Column, run_cause},
    ui::{pages::instance::run_badge, prelude::*},
};

const COLUMNS: [&str; 8] =
    ["instance_name", "requested_at", "operation", "status", "cause", "response_code", "finished_at", "account_name"];

/// What the run says and what the instance says, side by side.
const CONTRADICTION_COLUMNS: [&str; 6] =
    ["instance_name", "requested_at", "finished_at", "status", "last_scan_at", "account_name"];

pub fn run_results_page() -> AnyView {
    filtered_page(links::RUN_RESULTS, rpc::run_results, show)
}

fn show(page: Filtered<RunResultsFilter>, data: Page<InvocationRow>) -> AnyView {
    let filter = &page.filter;
    let href = |window| links::run_results(&RunResultsFilter { window, ..filter.clone() });
    let empty = no_rows(&data, "results", links::RUN_RESULTS);
    let content = paged(&data, filter.window, href, empty, |rows| results_table(filter, rows));
    view! {
        <Title text="Run results" />
        {breadcrumbs(vec![("Runs".to_owned(), "/runs".to_owned())], "Results".to_owned())}
        <div class="page-header"><h1>"Run results"</h1>{as_of_line(data.as_of)}</div>
        {page.form()}
        {Card::new("list", plural(data.total, "result", "results"))
            .note(selected(filter))
            .actions(export_links("run results", |excel| export("run_results", filter, excel)))
            .content(content)}
    }
    .into_any()
}

/// What the list is limited to besides the values of its form: the days, a cause, and a run.
fn selected(filter: &RunResultsFilter) -> String {
    let days = match (filter.from, filter.to, &filter.run) {
        (None, None, Some(_)) => None,
        (None, None, None) => Some("Of the last seven days".to_owned()),
        (from, to, _) => {
            let from = from.map(|day| format!("From {}", format::date(day)));
            let to = to.map(|day| format!("until {}", format::date(day)));
            Some(from.into_iter().chain(to).collect::<Vec<_>>().join(" "))
        }
    };
    let update = filter.name.as_ref().or(filter.title.as_ref()).map(|name| format!("failed update: {}", name.as_str()));
    let cause = filter.cause.as_deref().map(|cause| format!("cause: {}", run_cause::label(cause)));
    let run = filter.run.as_ref().map(|run| format!("run {run}"));
    days.into_iter().chain(cause).chain(update).chain(run).collect::<Vec<_>>().join(" \u{b7} ")
}

pub fn results_table(filter: &RunResultsFilter, rows: &[InvocationRow]) -> AnyView {
    let columns = match filter.contradiction {
        Some(_) => columns_named::<InvocationRow>(&CONTRADICTION_COLUMNS),
        None => columns_named::<InvocationRow>(&COLUMNS),
    };
    let headings = sort_headings(links::RUN_RESULTS, filter, &columns);
    list_table(("Run results", "responsive-table dense"), headings, &columns, "instance_name", rows, &cell)
}

/// What the last patch operation of the instance left, and when it ended.
pub fn state_since(row: &InvocationRow) -> AnyView {
    let counts = [(row.missing, "missing"), (row.failed, "failed"), (row.pending_reboot, "waiting for a reboot")];
    let left: Vec<String> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", count(*n))).collect();
    let left = if left.is_empty() { "Nothing missing or failed".to_owned() } else { left.join(", ") };
    let at = row.last_scan_at.map(|at| format!("by the patch operation of {}", format::date_time(at)));
    view! {
        <a class="wrap" href=links::instance(&row.instance_id)>{left}</a>
        <span class="secondary">{at}</span>
    }
    .into_any()
}

fn cell(row: &InvocationRow, column: &Column) -> Option<AnyView> {
    let cell = match column.name {
        "instance_name" => view! {
            <a class="name" href=links::instance_tab(&row.instance_id, "runs")><bdi>{row.instance_name.clone()}</bdi></a>
        }
        .into_any(),
        "requested_at" => {
            let at = format::date_time_short(row.requested_at);
            view! { <a href=links::run(&row.command_id)>{at}</a> }.into_any()
        }
        "operation" if row.operation.is_empty() => view! { <bdi>{row.document_name.clone()}</bdi> }.into_any(),
        "status" => {
            let contradiction = row.contradiction.map(|one| {
                view! { <span class="badge-note">{badge("pending", Icon::Warning, one.label())}</span> }
            });
            let details = (row.status_details != row.status && !row.status_details.is_empty())
                .then(|| view! { <span class="secondary"><bdi>{row.status_details.clone()}</bdi></span> });
            view! { {run_badge(&row.status)} {details} {contradiction} }.into_any()
        }
        "last_scan_at" if row.last_scan_at.is_some() => state_since(row),
        "cause" => cause(row.cause.as_deref()?, &row.evidence),
        "account_name" => view! {
            <a href=links::account(&row.account_id)><bdi>{row.account_name.clone()}</bdi></a>
            <span class="secondary">{row.provider.label().to_owned()}</span>
        }
        .into_any(),
        _ => return None,
    };
    Some(cell)
}
