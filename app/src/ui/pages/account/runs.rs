//! The account's newest runs.

use super::head::reached;
use crate::{
    model::run::RunRow,
    ui::{
        format::{self, count},
        pages::instance::run_badge,
        parts::{nothing_here, plain_heading, table_region},
    },
};
use leptos::prelude::*;

pub fn runs_card(runs: Vec<RunRow>) -> AnyView {
    let content = match runs.is_empty() {
        true => nothing_here("No runs", "Systems Manager keeps runs for 30 days; it has none of this account."),
        false => table_region("Latest runs", table(runs)),
    };
    view! {
        <section class="card" aria-labelledby="runs">
            <div class="card-head"><h2 id="runs">"Latest runs"</h2></div>
            {content}
        </section>
    }
    .into_any()
}

fn table(runs: Vec<RunRow>) -> AnyView {
    let rows = runs.into_iter().map(|run| {
        let operation = if run.operation.is_empty() { run.document_name } else { run.operation };
        view! {
            <tr>
                <th scope="row">
                    <time datetime=format::iso(run.requested_at)>{format::stamp_short(run.requested_at)}</time>
                    <span class="sub">{run.region}</span>
                </th>
                <td data-label="Operation"><bdi>{operation}</bdi></td>
                <td data-label="Status">{run_badge(&run.status)}</td>
                <td class="n" data-label="Reached">{reached(run.completed, run.targets)}</td>
                <td class="n" data-label="Errors">{count(run.errors)}</td>
            </tr>
        }
    });
    view! {
        <table class="stack">
            <caption class="unseen">"Latest runs"</caption>
            <thead>
                <tr>
                    {plain_heading("Requested (UTC)", "")} {plain_heading("Operation", "")} {plain_heading("Status", "")}
                    {plain_heading("Reached", "n")} {plain_heading("Errors", "n")}
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
    .into_any()
}
