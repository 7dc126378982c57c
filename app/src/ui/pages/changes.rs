//! `/changes`: what changed between the ends of two days, by account and as a list.

mod accounts;
mod rows;

use crate::{
    model::{ChangeCounts, ChangeKind, ChangesFilter, ChangesPage},
    ui::prelude::*,
};

pub fn changes_page() -> AnyView {
    filtered_page("/changes", rpc::changes, show)
}

fn show(page: Filtered<ChangesFilter>, data: ChangesPage) -> AnyView {
    let filter = &page.filter;
    let links = AccountLinks::of(filter);
    let freshness = data.freshness.clone();
    page.show("Changes", &freshness, &links, || content(filter, data))
}

fn content(filter: &ChangesFilter, data: ChangesPage) -> AnyView {
    let href = |window| links::changes(&ChangesFilter { window, ..filter.clone() });
    let empty = empty_state("No changes", "No changes match these filters.");
    let content = paged(&data.rows, filter.window, href, empty, rows::rows_table);
    let totals = ChangeKind::ALL.map(|kind| key_figure(kind, &data.totals, filter)).collect_view();
    view! {
        {Card::new("totals", format!("Since the end of {}", format::date(data.since)))
            .note("Up to the day that is shown")
            .content(view! { <dl class="key-figures">{totals}</dl> })}
        {accounts::accounts_card(data.accounts, filter)}
        {Card::new("rows", filter.kind.map_or("All changes", ChangeKind::label))
            .note(plural(data.rows.total, "row", "rows"))
            .actions(export_links("changes", |excel| links::changes_export(filter, excel)))
            .content(content)}
    }
    .into_any()
}

fn key_figure(kind: ChangeKind, totals: &ChangeCounts, filter: &ChangesFilter) -> AnyView {
    let href = links::changes(&ChangesFilter { kind: Some(kind), window: Default::default(), ..filter.clone() });
    view! { <div><dt>{kind.label()}</dt><dd>{figure(totals.get(kind), href, kind.label().to_owned())}</dd></div> }
        .into_any()
}
