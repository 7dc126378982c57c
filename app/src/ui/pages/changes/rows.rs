//! The changes themselves.

use crate::{
    model::{change::ChangeRow, update::UpdateState},
    ui::{
        links,
        parts::{plain_heading, severity_word, short_time, table_region, update_badge},
    },
};
use leptos::prelude::*;

pub fn rows_table(rows: Vec<ChangeRow>) -> AnyView {
    let table = view! {
        <table class="stack">
            <caption class="unseen">"Changes"</caption>
            <thead>
                <tr>
                    {plain_heading("Change", "")} {plain_heading("Update", "")} {plain_heading("Severity", "")}
                    {plain_heading("Before", "")} {plain_heading("Now", "")} {plain_heading("Instance", "")}
                    {plain_heading("Account", "")} {plain_heading("When (UTC)", "n")}
                </tr>
            </thead>
            <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
        </table>
    };
    table_region("Changes", table.into_any())
}

fn row(row: ChangeRow) -> AnyView {
    let state = |state: Option<UpdateState>| state.map(|state| update_badge(&state));
    view! {
        <tr>
            <th scope="row" data-label="Change">{row.kind.label()}</th>
            <td class="text" data-label="Update"><bdi>{row.description}</bdi></td>
            <td data-label="Severity">{(!row.name.is_empty()).then(|| severity_word(&row.severity))}</td>
            <td data-label="Before">{state(row.from_state)}</td>
            <td data-label="Now">{state(row.to_state)}</td>
            <td data-label="Instance">
                <a class="name" href=links::instance(&row.instance_id)><bdi>{row.instance_name}</bdi></a>
            </td>
            <td data-label="Account"><a href=links::account(&row.account_id)><bdi>{row.account_name}</bdi></a></td>
            <td class="n" data-label="When (UTC)">{short_time(row.happened_at, "unknown")}</td>
        </tr>
    }
    .into_any()
}
