//! The number of changes of each kind by account.

use crate::{
    model::{AccountChanges, ChangeKind, ChangesFilter},
    ui::prelude::*,
};

pub fn accounts_card(rows: Vec<AccountChanges>, filter: &ChangesFilter) -> AnyView {
    let count = plural(rows.len() as u64, "account", "accounts");
    let kinds = ChangeKind::ALL.map(|kind| Column::numeric(kind.label()));
    let columns: Vec<Column> = [Column::text("Account")].into_iter().chain(kinds).collect();
    let table = data_table("Changes by account", &columns, rows.into_iter().map(|row| account_row(row, filter)));
    Card::new("accounts", "By account").note(format!("{count} with changes")).content(table)
}

fn account_row(row: AccountChanges, filter: &ChangesFilter) -> Vec<AnyView> {
    let counts = ChangeKind::ALL.map(|kind| {
        let account = Some(row.account_id.clone());
        let filter = ChangesFilter { kind: Some(kind), account, window: Default::default(), ..filter.clone() };
        let what = format!("{} in {}", kind.label(), row.account_name);
        figure(row.counts.get(kind), links::changes(&filter), what)
    });
    let account = account_cell(&row.account_id, row.account_name, &row.provider, row.customer_name);
    [account].into_iter().chain(counts).collect()
}
