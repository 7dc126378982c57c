//! `/changes`: what changed between the ends of two days, by account and as a list.

mod accounts;
mod rows;

use crate::{
    model::{
        change::{ChangeCounts, ChangeKind, ChangesPage},
        filter::ChangesFilter,
        overview::Choices,
    },
    rpc::{self, RpcError},
    ui::{
        format::{self, plural},
        links,
        load::{Address, page},
        parts::{Card, empty_state, export_links, figure, filter_form, freshness_line, pagination},
    },
};
use leptos::prelude::*;
use leptos_meta::Title;

const PATH: &str = "/changes";

pub fn changes_page() -> AnyView {
    page(PATH, load, show)
}

async fn load(at: Address) -> Result<(ChangesPage, Choices), RpcError> {
    Ok((rpc::changes(at.query).await?, rpc::choices().await?))
}

fn show(at: Address, (data, choices): (ChangesPage, Choices)) -> AnyView {
    let filter = ChangesFilter::from_query(&at.query).unwrap_or_default();
    let total = data.rows.total;
    let (window, shown) = (filter.window, data.rows.rows.len());
    let content = match total {
        0 => empty_state("No changes", "No changes match these filters."),
        _ => rows::rows_table(&data.rows.rows),
    };
    let pages = pagination(total, shown, window, |window| links::changes(&ChangesFilter { window, ..filter.clone() }));
    let totals = ChangeKind::ALL.map(|kind| key_figure(kind, &data.totals, &filter)).collect_view();
    view! {
        <Title text="Changes" />
        <div class="page-header"><h1>"Changes"</h1>{freshness_line(&data.freshness)}</div>
        {filter_form("changes", PATH, &at.query, &filter, &choices)}
        {Card::new("totals", format!("Since the end of {}", format::date(data.since)))
            .note("Up to the day that is shown")
            .content(view! { <dl class="key-figures">{totals}</dl> })}
        {accounts::accounts_card(data.accounts, &filter)}
        {Card::new("rows", filter.kind.map_or("All changes", ChangeKind::label))
            .note(plural(total, "row", "rows"))
            .actions(export_links(
                "changes",
                links::changes_export(&filter, false),
                links::changes_export(&filter, true),
            ))
            .content((content, pages))}
    }
    .into_any()
}

fn key_figure(kind: ChangeKind, totals: &ChangeCounts, filter: &ChangesFilter) -> AnyView {
    let href = links::changes(&ChangesFilter { kind: Some(kind), window: Default::default(), ..filter.clone() });
    view! { <div><dt>{kind.label()}</dt><dd>{figure(totals.get(kind), href, kind.label().to_owned())}</dd></div> }
        .into_any()
}
