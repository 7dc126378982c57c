//! The accounts in which anything changed, and how many changes of each kind.

use crate::{
    model::{
        change::{AccountChanges, ChangeKind},
        filter::ChangesFilter,
    },
    ui::{
        format::plural,
        links,
        parts::{account_heading, figure, plain_heading, table_region},
    },
};
use leptos::prelude::*;

pub fn accounts_card(rows: Vec<AccountChanges>, filter: &ChangesFilter) -> AnyView {
    let count = plural(rows.len() as u64, "account", "accounts");
    let headings = ChangeKind::ALL.map(|kind| plain_heading(kind.label(), "n"));
    let table = view! {
        <table class="stack">
            <caption class="unseen">"Changes by account"</caption>
            <thead><tr>{plain_heading("Account", "")} {headings.into_iter().collect_view()}</tr></thead>
            <tbody>{rows.into_iter().map(|row| account_row(row, filter)).collect_view()}</tbody>
        </table>
    };
    view! {
        <section class="card" aria-labelledby="accounts">
            <div class="card-head"><h2 id="accounts">"By account"</h2><span class="soft">{count}" with a change"</span></div>
            {table_region("Changes by account", table.into_any())}
        </section>
    }
    .into_any()
}

fn account_row(row: AccountChanges, filter: &ChangesFilter) -> AnyView {
    let cells = ChangeKind::ALL.map(|kind| {
        let account = Some(row.account_id.clone());
        let of_it = ChangesFilter { kind: Some(kind), account, window: Default::default(), ..filter.clone() };
        let what = format!("{} in {}", kind.label(), row.account_name);
        view! { <td class="n" data-label=kind.label()>{figure(row.counts.get(kind), links::changes(&of_it), what)}</td> }
    });
    view! {
        <tr>
            {account_heading(&row.account_id, row.account_name, &row.provider, row.customer_name)}
            {cells.into_iter().collect_view()}
        </tr>
    }
    .into_any()
}
