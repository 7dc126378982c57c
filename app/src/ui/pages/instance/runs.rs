//! The instance's results of runs. One that contradicts the machine's state is shown as such, not hidden.

use super::{history::instance_exports, tab::Tab};
use crate::{
    model::{
        filter::HistoryFilter,
        ids::InstanceId,
        instance::StepOutput,
        page::Page,
        run::{InvocationRow, RunOutcome},
    },
    ui::{
        format::{self, plural},
        parts::{Glyph, note_badge, nothing_here, pager_nav, plain_heading, short_time, table_region},
    },
};
use leptos::prelude::*;

pub fn runs_card(id: &InstanceId, page: Page<InvocationRow>, query: &str, outputs: &[StepOutput]) -> AnyView {
    let filter = HistoryFilter::from_query(id.clone(), query).unwrap_or_else(|_| HistoryFilter::of(id.clone()));
    let (shown, total) = (page.rows.len(), page.total);
    let content = match shown {
        0 => nothing_here("No runs", "No harvest has seen a run on this machine."),
        _ => table(page.rows, outputs),
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

fn table(rows: Vec<InvocationRow>, outputs: &[StepOutput]) -> AnyView {
    let table = view! {
        <table class="stack">
            <caption class="unseen">"Runs on this instance"</caption>
            <thead>
                <tr>
                    {plain_heading("Requested (UTC)", "")} {plain_heading("Operation", "")}
                    {plain_heading("Result", "")} {plain_heading("Exit code", "n")}
                    {plain_heading("Finished (UTC)", "n")} {plain_heading("Run", "")}
                </tr>
            </thead>
            <tbody>{rows.into_iter().map(|one| row(one, outputs)).collect_view()}</tbody>
        </table>
    };
    table_region("Runs on this instance", table.into_any())
}

fn row(row: InvocationRow, outputs: &[StepOutput]) -> AnyView {
    let details = (row.status_details != row.status && !row.status_details.is_empty())
        .then(|| view! { <span class="sub"><bdi>{row.status_details.clone()}</bdi></span> });
    let contradiction = row.contradicts_state.then(|| {
        view! {
            <span class="doubt">
                {note_badge("pending", Glyph::Alert, "Contradicts the state")}
                <span class="sub">"The run says it failed, yet no update of this machine is missing or failed now."</span>
            </span>
        }
    });
    let printed = outputs.iter().filter(|output| output.command_id == row.command_id).map(printed).collect_view();
    let operation = if row.operation.is_empty() { row.document_name.clone() } else { row.operation.clone() };
    view! {
        <tr>
            <th scope="row">
                <time datetime=format::iso(row.requested_at)>{format::stamp_short(row.requested_at)}</time>
            </th>
            <td data-label="Operation"><bdi>{operation}</bdi></td>
            <td data-label="Result">{run_badge(&row.status)}{details}{contradiction}{printed}</td>
            <td class="n" data-label="Exit code">{row.response_code.map_or("none".to_owned(), |code| code.to_string())}</td>
            <td class="n" data-label="Finished (UTC)">{short_time(row.finished_at, "not finished")}</td>
            <td class="mono" data-label="Run">
                <bdi>{row.command_id}</bdi><span class="sub"><bdi>{row.document_name}</bdi></span>
            </td>
        </tr>
    }
    .into_any()
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
