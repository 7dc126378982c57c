//! The instance's results of runs. One that contradicts the machine's state is shown as such, not hidden.

use super::{history::instance_exports, tab::Tab};
use crate::{
    model::{
        column::Column,
        filter::HistoryFilter,
        ids::InstanceId,
        instance::StepOutput,
        page::Page,
        run::{InvocationRow, RunOutcome},
    },
    ui::{
        format::plural,
        parts::{Glyph, columns_named, headings, list_table, note_badge, nothing_here, pager_nav},
    },
};
use leptos::prelude::*;

const COLUMNS: [&str; 6] = ["requested_at", "operation", "status", "response_code", "finished_at", "command_id"];

pub fn runs_card(id: &InstanceId, page: Page<InvocationRow>, query: &str, outputs: &[StepOutput]) -> AnyView {
    let filter = HistoryFilter::from_query(id.clone(), query).unwrap_or_else(|_| HistoryFilter::of(id.clone()));
    let (shown, total) = (page.rows.len(), page.total);
    let content = match shown {
        0 => nothing_here("No runs", "No harvest has seen a run on this machine."),
        _ => {
            let columns = columns_named::<InvocationRow>(&COLUMNS);
            let (caption, own) = (("Runs on this instance", "stack"), |row: &_, column: &_| cell(row, column, outputs));
            list_table(caption, headings(&columns), &columns, "requested_at", &page.rows, &own)
        }
    };
    let pager = pager_nav(total, shown, filter.window, |window| {
        Tab::Runs.list_href(id, &HistoryFilter { window, ..filter.clone() }.to_query())
    });
    view! {
        <section class="card" aria-labelledby="list">
            <div class="card-head">
                <h2 id="list">"Runs"</h2>
                <span class="soft">{format!("{}, the newest first", plural(total, "run", "runs"))}</span>
                {instance_exports("runs", id)}
            </div>
            {content} {pager}
        </section>
    }
    .into_any()
}

/// A run's status in Systems Manager's own word.
pub fn run_badge(status: &str) -> AnyView {
    let (tone, shape) = match RunOutcome::of(status) {
        RunOutcome::Succeeded => ("up_to_date", Glyph::Done),
        RunOutcome::Failed => ("failed", Glyph::Wrong),
        RunOutcome::Unfinished => ("stale", Glyph::Old),
    };
    note_badge(tone, shape, status)
}

fn cell(row: &InvocationRow, column: &Column, outputs: &[StepOutput]) -> Option<AnyView> {
    let cell = match column.name {
        "operation" if row.operation.is_empty() => view! { <bdi>{row.document_name.clone()}</bdi> }.into_any(),
        "status" => {
            let details = (row.status_details != row.status && !row.status_details.is_empty())
                .then(|| view! { <span class="sub"><bdi>{row.status_details.clone()}</bdi></span> });
            let contradiction = row.contradicts_state.then(|| {
                view! {
                    <span class="doubt">
                        {note_badge("pending", Glyph::Alert, "Contradicts the state")}
                        <span class="sub">
                            "The run says it failed, yet no update of this machine is missing or failed now."
                        </span>
                    </span>
                }
            });
            let printed = outputs.iter().filter(|output| output.command_id == row.command_id).map(printed);
            view! { {run_badge(&row.status)}{details}{contradiction}{printed.collect_view()} }.into_any()
        }
        "command_id" => view! {
            <bdi>{row.command_id.clone()}</bdi><span class="sub"><bdi>{row.document_name.clone()}</bdi></span>
        }
        .into_any(),
        _ => return None,
    };
    Some(cell)
}

/// What the failed step printed, folded until somebody wants it.
fn printed(output: &StepOutput) -> AnyView {
    let part = |name: &'static str, text: &str| {
        (!text.is_empty()).then(|| view! { <p class="soft">{name}</p><pre><bdi>{text.to_owned()}</bdi></pre> })
    };
    view! {
        <details class="output">
            <summary>"Output of "<bdi>{output.step.clone()}</bdi></summary>
            {part("Standard error", &output.standard_error)} {part("Standard output", &output.standard_output)}
        </details>
    }
    .into_any()
}
