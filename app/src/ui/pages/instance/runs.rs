//! The instance's run results. A result that contradicts the instance's state is marked, not hidden.

use super::tabs::{Tab, instance_exports};
use crate::{
    model::{InstanceId, InstanceRunsFilter, InvocationRow, OfInstance, Page, RunOutcome, StepOutput, column::Column},
    ui::{
        pages::runs::{cause, state_since},
        prelude::*,
    },
};

const COLUMNS: [&str; 7] =
    ["requested_at", "operation", "status", "cause", "response_code", "finished_at", "command_id"];

pub fn runs_card(id: &InstanceId, page: Page<InvocationRow>, query: &str, outputs: &[StepOutput]) -> AnyView {
    let empty = empty_state("No runs", "No command of a patch document has been found on this instance.");
    let filter = InstanceRunsFilter::from_query(query).unwrap_or_default();
    let href = |window| Tab::Runs.list_href(id, &InstanceRunsFilter { window }.to_query());
    let content = paged(&page, filter.window, href, empty, |rows| {
        let columns = columns_named::<InvocationRow>(&COLUMNS);
        let own = |row: &_, column: &_| cell(row, column, outputs, id);
        plain_table("Runs on this instance", &columns, "requested_at", rows, &own)
    });
    Card::new("list", "Runs")
        .note(format!("{}, newest first", plural(page.total, "run", "runs")))
        .actions(instance_exports("runs", &OfInstance::<InstanceRunsFilter>::all(id.clone())))
        .content(content)
}

/// The status of a run, as Systems Manager names it.
pub fn run_badge(status: &str) -> AnyView {
    let (tone, shape) = match RunOutcome::of(status) {
        RunOutcome::Succeeded => ("up_to_date", Icon::Success),
        RunOutcome::Failed | RunOutcome::NotReached => ("failed", Icon::Failure),
        RunOutcome::Unfinished => ("stale", Icon::Clock),
    };
    badge(tone, shape, status)
}

/// A cell that differs from the list of all results. A result under another id of the instance says so.
fn cell(row: &InvocationRow, column: &Column, outputs: &[StepOutput], id: &InstanceId) -> Option<AnyView> {
    let cell = match column.name {
        "operation" if row.operation.is_empty() => view! { <bdi>{row.document_name.clone()}</bdi> }.into_any(),
        "status" => {
            let details = (row.status_details != row.status && !row.status_details.is_empty())
                .then(|| view! { <span class="secondary"><bdi>{row.status_details.clone()}</bdi></span> });
            let contradiction = row.contradiction.map(|contradiction| {
                view! {
                    <span class="badge-note">
                        {badge("pending", Icon::Warning, contradiction.label())} {state_since(row)}
                        <span class="secondary">{contradiction.remedy()}</span>
                    </span>
                }
            });
            let output = outputs.iter().filter(|output| output.command_id == row.command_id).map(step_output);
            (run_badge(&row.status), details, contradiction, output.collect_view()).into_any()
        }
        "cause" => cause(row.cause.as_deref()?, &row.evidence),
        "command_id" => {
            let former = (row.instance_id != *id).then(
                || view! { <span class="secondary">"registered as "<bdi>{row.instance_id.to_string()}</bdi></span> },
            );
            view! {
                <a href=links::run(&row.command_id)><bdi>{row.command_id.clone()}</bdi></a>
                <span class="secondary"><bdi>{row.document_name.clone()}</bdi></span>
                {former}
            }
            .into_any()
        }
        _ => return None,
    };
    Some(cell)
}

/// The output of a failed step, collapsed.
pub fn step_output(output: &StepOutput) -> AnyView {
    let part = |name: &'static str, text: &str| {
        (!text.is_empty()).then(|| {
            view! {
                <p class="muted">{name}</p>
                <pre tabindex="0" role="region" aria-label=format!("{name} of {}", output.step)><bdi>{text.to_owned()}</bdi></pre>
            }
        })
    };
    view! {
        <details class="output">
            <summary>"Output of "<bdi>{output.step.clone()}</bdi></summary>
            {part("Standard error", &output.standard_error)} {part("Standard output", &output.standard_output)}
        </details>
    }
    .into_any()
}
