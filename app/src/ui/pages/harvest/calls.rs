//! What the last harvests asked of AWS.

use crate::{
    model::harvest::OperationCalls,
    ui::{
        format::{count, percent, plural},
        parts::{plain_heading, table_region},
    },
};
use leptos::prelude::*;

pub fn calls_card(operations: Vec<OperationCalls>) -> AnyView {
    if operations.is_empty() {
        return ().into_any();
    }
    let total: u64 = operations.iter().map(|operation| operation.api_calls).sum();
    let most = operations.iter().map(|operation| operation.api_calls).max().unwrap_or_default();
    let rows = operations.into_iter().map(|operation| {
        let share = percent(operation.api_calls, most);
        view! {
            <tr>
                <th scope="row" class="mono">{operation.operation}</th>
                <td class="n" data-label="API calls">
                    {count(operation.api_calls)}
                    <span class="meter" aria-hidden="true"><span class="fill-plain" style=format!("width:{share}%")></span></span>
                </td>
                <td class="n" data-label="Rows">{count(operation.rows)}</td>
            </tr>
        }
    });
    let table = view! {
        <table class="stack">
            <caption class="unseen">"API calls by operation"</caption>
            <thead>
                <tr>{plain_heading("Operation", "")} {plain_heading("API calls", "n")} {plain_heading("Rows", "n")}</tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    };
    view! {
        <section class="card" aria-labelledby="calls">
            <div class="card-head">
                <h2 id="calls">"Calls to AWS"</h2>
                <span class="soft">{format!("{} in the last harvest of every account", plural(total, "call", "calls"))}</span>
            </div>
            {table_region("API calls by operation", table.into_any())}
        </section>
    }
    .into_any()
}
