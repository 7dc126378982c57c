//! Every account with what is due in it and how long updates take there.

use super::times::{time_cells, time_headings};
use crate::{
    model::service_level::{AccountServiceRow, Due},
    ui::{
        links::AccountLinks,
        parts::{account_heading, age_of, figure, plain_heading, table_region},
    },
};
use jiff::Timestamp;
use leptos::prelude::*;

pub fn accounts_table(rows: Vec<AccountServiceRow>, now: Timestamp) -> AnyView {
    let table = view! {
        <table class="stack">
            <caption class="unseen">"Service level by account"</caption>
            <thead>
                <tr>
                    {plain_heading("Account", "")} {plain_heading("Pending", "n")} {plain_heading("Overdue", "n")}
                    {plain_heading("Due in 7 days", "n")} {plain_heading("Oldest", "n")} {time_headings()}
                </tr>
            </thead>
            <tbody>{rows.into_iter().map(|row| account_row(row, now)).collect_view()}</tbody>
        </table>
    };
    table_region("Service level by account", table.into_any())
}

fn account_row(row: AccountServiceRow, now: Timestamp) -> AnyView {
    let links = AccountLinks::of_account(&row.account_id);
    let cell = |n, due, what: &str| figure(n, links.due(due, None), format!("{what} of {}", row.account_name));
    let open = cell(row.due.open, None, "pending updates");
    let overdue = cell(row.due.overdue, Some(Due::Overdue), "overdue updates");
    let soon = cell(row.due.due_soon, Some(Due::Soon), "updates due in the next 7 days");
    view! {
        <tr>
            {account_heading(&row.account_id, row.account_name, &row.provider, row.customer_name)}
            <td class="n" data-label="Pending">{open}</td>
            <td class="n" data-label="Overdue">{overdue}</td>
            <td class="n" data-label="Due in 7 days">{soon}</td>
            <td class="n" data-label="Oldest">{row.due.oldest_pending_since.map(|at| age_of(now, at))}</td>
            {time_cells(&row.times)}
        </tr>
    }
    .into_any()
}
