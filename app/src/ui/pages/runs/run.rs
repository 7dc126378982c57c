//! `/runs/{command}`: one run: how it ended, why results failed, and what they printed.

use super::{causes::causes_card, failed_patches::failed_patches_card, results::results_table, results_figures};
use crate::{
    model::{InvocationRow, Order, Page, RunOutput, RunPage, RunResultsFilter},
    ui::{
        pages::instance::{run_badge, step_output},
        prelude::*,
    },
};

pub fn run_page() -> AnyView {
    page("/runs", load, show)
}

fn results_of(command: &str) -> RunResultsFilter {
    RunResultsFilter { run: Some(command.to_owned()), order: Order::by("cause"), ..RunResultsFilter::default() }
}

async fn load(at: Address) -> Result<(RunPage, Page<InvocationRow>), RpcError> {
    let run = rpc::run(at.id.clone()).await?;
    let results = rpc::run_results(results_of(&at.id).to_query()).await?;
    Ok((run, results))
}

fn show(at: Address, (page, results): (RunPage, Page<InvocationRow>)) -> AnyView {
    let RunPage { freshness, run, causes, failed_patches, outputs, sees_output } = page;
    let of_run = results_of(&at.id);
    let operation = if run.operation.is_empty() { run.document_name.clone() } else { run.operation.clone() };
    let title = format!("{operation} of {}", format::date_time(run.requested_at));
    let account = links::account(&run.account_id);
    let more = (results.total > results.rows.len() as u64).then(|| {
        let text = format!("View all {}", plural(results.total, "result", "results"));
        view! { <p class="card-footer"><a href=links::run_results(&of_run)>{text}</a></p> }
    });
    let figures = results_figures(&run.results, run.not_read, |outcome| {
        Some(links::run_results(&RunResultsFilter { outcome, ..of_run.clone() }))
    });
    let failed = run.results.failed + run.results.not_reached > 0;
    view! {
        <Title text=title.clone() />
        {breadcrumbs(vec![("Runs".to_owned(), "/runs".to_owned())], title.clone())}
        <div class="page-header">
            <div class="page-title"><h1>{title}</h1>{run_badge(&run.status)}</div>
            <ul class="metadata">
                <li><a href=account><bdi>{run.account_name}</bdi></a>", "<bdi>{run.customer_name}</bdi></li>
                <li>{run.region}</li>
                <li><bdi>{run.document_name}</bdi></li>
                <li><bdi class="mono">{run.command_id}</bdi></li>
            </ul>
            {freshness_line(&freshness, &AccountLinks::of_account(&run.account_id))}
        </div>
        {Card::new("totals", "Results").content(figures)}
        {failed.then(|| causes_card(causes, &of_run))}
        {failed_patches_card(failed_patches, &of_run)}
        {Card::new("results", "Instances")
            .note(if failed { "Those that failed first" } else { "" })
            .actions(export_links("run results", |excel| export("run_results", &of_run, excel)))
            .content((results_table(&of_run, &results.rows), more))}
        {failed.then(|| outputs_card(outputs, sees_output, &results.rows))}
    }
    .into_any()
}

fn outputs_card(outputs: Vec<RunOutput>, sees_output: bool, results: &[InvocationRow]) -> AnyView {
    if !sees_output {
        let text = "Only operators with the role operator_with_output may read the full output.";
        return Card::new("outputs", "Output").content(view! { <p class="card-body muted">{text}</p> });
    }
    if outputs.is_empty() {
        let text = "No output of failed steps is stored for this run.";
        return Card::new("outputs", "Output").content(view! { <p class="card-body muted">{text}</p> });
    }
    let name = |output: &RunOutput| {
        let result = results.iter().find(|result| result.instance_id == output.instance_id);
        result.map_or_else(|| output.instance_id.to_string(), |result| result.instance_name.clone())
    };
    let outputs = outputs.iter().map(|output| {
        view! { <div class="card-body"><h3><bdi>{name(output)}</bdi></h3>{step_output(&output.output)}</div> }
    });
    let note = "Of failed steps; secrets are masked, and at most 100 steps are shown";
    Card::new("outputs", "Output").note(note).content(outputs.collect_view())
}
