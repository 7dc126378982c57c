//! The due updates and times to patch of each account.

use super::times::{TIME_COLUMNS, time_cells};
use crate::{
    model::service_level::{AccountServiceRow, Due},
    ui::{
        links::AccountLinks,
        parts::{Column, account_cell, age_of, cells, data_table, figure},
    },
};
use jiff::Timestamp;
use leptos::prelude::*;

pub fn accounts_table(rows: Vec<AccountServiceRow>, now: Timestamp) -> AnyView {
    let mut columns = vec![
        Column::text("Account"),
        Column::numeric("Pending"),
        Column::numeric("Overdue"),
        Column::numeric("Due in 7 days"),
        Column::numeric("Oldest"),
    ];
    columns.extend(TIME_COLUMNS);
    data_table("Service level by account", &columns, rows.into_iter().map(|row| account_row(row, now)))
}

fn account_row(row: AccountServiceRow, now: Timestamp) -> Vec<AnyView> {
    let links = AccountLinks::of_account(&row.account_id);
    let cell = |n, due, what: &str| figure(n, links.due(due, None), format!("{what} of {}", row.account_name));
    let open = cell(row.due.open, None, "pending updates");
    let overdue = cell(row.due.overdue, Some(Due::Overdue), "overdue updates");
    let soon = cell(row.due.due_soon, Some(Due::Soon), "updates due in the next 7 days");
    let mut cells = cells![
        account_cell(&row.account_id, row.account_name, &row.provider, row.customer_name),
        open,
        overdue,
        soon,
        row.due.oldest_pending_since.map(|at| age_of(now, at)),
    ];
    cells.extend(time_cells(&row.times));
    cells
}
