//! The updates that become overdue within seven days unless they are installed, soonest first.

use crate::{
    model::{service_level::Due, update::UpdateRow},
    ui::{
        format::plural,
        links::{self, AccountLinks},
        parts::{Card, empty_state, plain_heading, severity_label, short_time, table_region, update_badge},
    },
};
use leptos::prelude::*;

pub fn breaches_card(rows: Vec<UpdateRow>, total: u64, links: &AccountLinks) -> AnyView {
    let shown = rows.len() as u64;
    let content = match shown {
        0 => empty_state("No upcoming breaches", "No pending update is due in the next 7 days."),
        _ => table_region("Breaches in the next 7 days", table(rows)),
    };
    let all = (total > shown).then(|| {
        let label = format!("View all {}", plural(total, "update", "updates"));
        view! { <a class="button" href=links.due(Some(Due::Soon), None)>{label}</a> }
    });
    Card::new("breaches", "Breaches in the next 7 days")
        .note("Unless installed before they are due")
        .actions(all)
        .content(content)
}

fn table(rows: Vec<UpdateRow>) -> AnyView {
    view! {
        <table class="responsive-table">
            <caption class="visually-hidden">"Updates due in the next 7 days"</caption>
            <thead>
                <tr>
                    {plain_heading("Due (UTC)", "numeric")} {plain_heading("Update", "")} {plain_heading("Severity", "")}
                    {plain_heading("Install status", "")} {plain_heading("Instance", "")} {plain_heading("Account", "")}
                </tr>
            </thead>
            <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

fn row(row: UpdateRow) -> AnyView {
    view! {
        <tr>
            <td class="numeric" data-label="Due (UTC)">{short_time(row.due_at, "")}</td>
            <th scope="row" class="wide-text" data-label="Update"><bdi>{row.description}</bdi></th>
            <td data-label="Severity">{severity_label(&row.severity)}</td>
            <td data-label="Install status">{update_badge(&row.install_status)}</td>
            <td data-label="Instance">
                <a class="name" href=links::instance(&row.instance_id)><bdi>{row.instance_name}</bdi></a>
            </td>
            <td data-label="Account">
                <a href=links::account(&row.account_id)><bdi>{row.account_name}</bdi></a>
            </td>
        </tr>
    }
    .into_any()
}
