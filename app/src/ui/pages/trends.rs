//! `/trends`: one figure by day, over any days, of the accounts that the filters leave.

use super::picks::{chosen, worth_asking};
use crate::{
    model::{
        filter::TrendFilter,
        ids::AccountId,
        overview::Choices,
        trend::{TrendFigure, TrendPage},
    },
    rpc::{self, RpcError},
    ui::{
        format::plural,
        links,
        load::{Address, page},
        parts::{Field, Pick, chart_figure, export_links, filter_form, freshness_line, nothing_here},
    },
};
use leptos::prelude::*;
use leptos_meta::Title;

pub fn trends_page() -> AnyView {
    page("/trends", load, show)
}

async fn load(at: Address) -> Result<(TrendPage, Choices), RpcError> {
    Ok((rpc::trend(at.query).await?, rpc::choices().await?))
}

fn show(at: Address, (data, choices): (TrendPage, Choices)) -> AnyView {
    let filter = TrendFilter::from_query(&at.query).unwrap_or_default();
    let recorded = plural(data.days.len() as u64, "day", "days");
    let content = match data.days.is_empty() {
        true => nothing_here("No day with a record", "Each day's last harvest records the figures of that day."),
        false => chart_figure(data.chart, filter.figure.label()),
    };
    view! {
        <Title text="Trends" />
        <div class="page-head"><h1>"Trends"</h1>{freshness_line(&data.freshness)}</div>
        {filters(&filter, &at.query, choices)}
        <section class="card" aria-labelledby="trend">
            <div class="card-head">
                <h2 id="trend">{filter.figure.label()}</h2>
                <span class="soft">{format!("{} to {}, {recorded} with a record", data.from, data.to)}</span>
                {export_links("every figure of these days", links::trend_export(&filter, false), links::trend_export(&filter, true))}
            </div>
            <div class="pad">{content}</div>
        </section>
    }
    .into_any()
}

fn filters(filter: &TrendFilter, query: &str, choices: Choices) -> AnyView {
    let default = TrendFigure::default();
    let others = TrendFigure::CODES.into_iter().filter(|(_, figure)| *figure != default);
    let account = filter.account.as_ref().map(AccountId::to_string);
    let main = [
        Some(Field::Pick {
            name: "figure",
            label: "Figure",
            any: default.label(),
            value: (filter.figure != default).then(|| filter.figure.code().to_owned()),
            picks: others.map(|(code, figure)| Pick::new(code, figure.label())).collect(),
        }),
        Some(Field::Day { name: "from", label: "From", value: filter.from }),
        Some(Field::Day { name: "to", label: "To", value: filter.to }),
        worth_asking(chosen("account", "Account", "All accounts", account, choices.accounts)),
        worth_asking(chosen("customer", "Customer", "All customers", filter.customer.clone(), choices.customers)),
        worth_asking(chosen("provider", "Provider", "All providers", filter.provider.clone(), choices.providers)),
    ];
    filter_form("trends", "/trends".to_owned(), query, main.into_iter().flatten().collect(), Vec::new())
}
