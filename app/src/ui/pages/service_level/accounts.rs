//! The due updates and times to patch of each account.

use super::times::{DUE_COLUMNS, TIME_COLUMNS, due_cells, time_cells};
use crate::{model::AccountServiceRow, ui::prelude::*};

pub fn accounts_table(rows: Vec<AccountServiceRow>, now: Timestamp) -> AnyView {
    let columns = [&[Column::text("Account")][..], &DUE_COLUMNS, &[Column::numeric("Oldest")], &TIME_COLUMNS].concat();
    data_table("Service level by account", &columns, rows.into_iter().map(|row| account_row(row, now)))
}

fn account_row(row: AccountServiceRow, now: Timestamp) -> Vec<AnyView> {
    if row.is_unknown() {
        let unknown = (0..DUE_COLUMNS.len() + 1 + TIME_COLUMNS.len()).map(|_| unknown_figure());
        let account = account_cell(&row.account_id, row.account_name, &row.provider, row.customer_name);
        return [account].into_iter().chain(unknown).collect();
    }
    let links = AccountLinks::of_account(&row.account_id);
    let due = due_cells(&row.due, &format!("of {}", row.account_name), |due| links.due(due, None));
    let oldest = row.due.oldest_pending_since.map(|at| age_of(now, at)).into_any();
    let account = account_cell(&row.account_id, row.account_name, &row.provider, row.customer_name);
    [account].into_iter().chain(due).chain([oldest]).chain(time_cells(&row.times)).collect()
}
