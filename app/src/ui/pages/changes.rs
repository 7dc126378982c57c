//! `/changes`: what changed between the ends of two days, by account and row by row.

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
        parts::{export_links, figure, filter_form, freshness_line, nothing_here, pager_nav},
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
        0 => nothing_here("No change", "Nothing that these filters leave differs between the two days."),
        _ => rows::rows_table(&data.rows.rows),
    };
    let what = filter.kind.map_or("Every change", ChangeKind::label);
    view! {
        <Title text="Changes" />
        <div class="page-head"><h1>"Changes"</h1>{freshness_line(&data.freshness)}</div>
        {filter_form("changes", PATH, &at.query, &filter, &choices)}
        <section class="card" aria-labelledby="totals">
            <div class="card-head">
                <h2 id="totals">{format!("Since the end of {}", format::date(data.since))}</h2>
                <span class="soft">"up to what is shown: compare with another day by Look back"</span>
            </div>
            <dl class="keys">{ChangeKind::ALL.map(|kind| key(kind, &data.totals, &filter)).collect_view()}</dl>
        </section>
        {accounts::accounts_card(data.accounts, &filter)}
        <section class="card" aria-labelledby="rows">
            <div class="card-head">
                <h2 id="rows">{what}</h2>
                <span class="soft">{plural(total, "row", "rows")}</span>
                {export_links("changes", links::changes_file(&filter, false), links::changes_file(&filter, true))}
            </div>
            {content}
            {pager_nav(total, shown, window, |window| links::changes(&ChangesFilter { window, ..filter.clone() }))}
        </section>
    }
    .into_any()
}

fn key(kind: ChangeKind, totals: &ChangeCounts, filter: &ChangesFilter) -> AnyView {
    let href = links::changes(&ChangesFilter { kind: Some(kind), window: Default::default(), ..filter.clone() });
    view! { <div><dt>{kind.label()}</dt><dd>{figure(totals.get(kind), href, kind.label().to_owned())}</dd></div> }
        .into_any()
}
