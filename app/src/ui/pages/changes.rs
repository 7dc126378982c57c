//! `/changes`: what changed between the ends of two days, by account and as a list.

mod accounts;
mod rows;

use super::picks::{chosen, worth_asking};
use crate::{
    model::{
        change::{ChangeCounts, ChangeKind, ChangesPage},
        filter::ChangesFilter,
        ids::AccountId,
        overview::Choices,
    },
    rpc::{self, RpcError},
    ui::{
        format::{self, plural},
        links,
        load::{Address, page},
        parts::{Card, Field, Pick, empty_state, export_links, figure, filter_form, freshness_line, pagination},
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
        _ => rows::rows_table(data.rows.rows),
    };
    let pages = pagination(total, shown, window, |window| links::changes(&ChangesFilter { window, ..filter.clone() }));
    let totals = ChangeKind::CODES.map(|(_, kind)| key_figure(kind, &data.totals, &filter)).collect_view();
    view! {
        <Title text="Changes" />
        <div class="page-header"><h1>"Changes"</h1>{freshness_line(&data.freshness)}</div>
        {filters(&filter, &at.query, choices)}
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

fn filters(filter: &ChangesFilter, query: &str, choices: Choices) -> AnyView {
    let account = filter.account.as_ref().map(AccountId::to_string);
    let fields = [
        Some(Field::Day { name: "since", label: "Since the end of", value: filter.since }),
        Some(Field::Pick {
            name: "kind",
            label: "Kind",
            any: "All kinds",
            value: filter.kind.map(|kind| kind.code().to_owned()),
            picks: ChangeKind::CODES.into_iter().map(|(code, kind)| Pick::new(code, kind.label())).collect(),
        }),
        worth_asking(chosen("account", "Account", "All accounts", account, choices.accounts)),
        worth_asking(chosen("customer", "Customer", "All customers", filter.customer.clone(), choices.customers)),
        worth_asking(chosen("provider", "Provider", "All providers", filter.provider.clone(), choices.providers)),
    ];
    filter_form("changes", PATH.to_owned(), query, fields.into_iter().flatten().collect(), Vec::new())
}
