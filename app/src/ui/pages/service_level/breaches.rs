//! What will be overdue within seven days unless it is installed, the first of it first.

use crate::{
    model::{service_level::Due, update::UpdateRow},
    ui::{
        format::plural,
        links::{self, AccountLinks},
        parts::{nothing_here, plain_heading, severity_word, short_time, table_region, update_badge},
    },
};
use leptos::prelude::*;

pub fn breaches_card(rows: Vec<UpdateRow>, total: u64, links: &AccountLinks) -> AnyView {
    let shown = rows.len() as u64;
    let content = match shown {
        0 => nothing_here("Nothing falls due", "No pending update reaches its due date in the next 7 days."),
        _ => table_region("Breaches in the next 7 days", table(rows)),
    };
    let all = (total > shown).then(|| {
        let words = format!("All {}", plural(total, "update", "updates"));
        view! { <a class="button" href=links.due(Some(Due::Soon), None)>{words}</a> }
    });
    view! {
        <section class="card" aria-labelledby="breaches">
            <div class="card-head">
                <h2 id="breaches">"Breaches in the next 7 days"</h2>
                <span class="soft">"unless they are installed before"</span>
                {all}
            </div>
            {content}
        </section>
    }
    .into_any()
}

fn table(rows: Vec<UpdateRow>) -> AnyView {
    view! {
        <table class="stack">
            <caption class="unseen">"Updates that fall due in the next 7 days"</caption>
            <thead>
                <tr>
                    {plain_heading("Due (UTC)", "n")} {plain_heading("Update", "")} {plain_heading("Severity", "")}
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
            <td class="n" data-label="Due (UTC)">{short_time(row.due_at, "")}</td>
            <th scope="row" class="text" data-label="Update"><bdi>{row.description}</bdi></th>
            <td data-label="Severity">{severity_word(&row.severity)}</td>
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
