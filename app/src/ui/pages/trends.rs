//! `/trends`: one figure by day, for the accounts that match the filters.

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
        parts::{Card, Field, Pick, chart_figure, empty_state, export_links, filter_form, freshness_line},
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
        true => empty_state("No data for these days", "The figures of a day are recorded by its last harvest."),
        false => chart_figure(data.chart, filter.figure.label()),
    };
    view! {
        <Title text="Trends" />
        <div class="page-header"><h1>"Trends"</h1>{freshness_line(&data.freshness)}</div>
        {filters(&filter, &at.query, choices)}
        {Card::new("trend", filter.figure.label())
            .note(format!("{} to {}, {recorded} with data", data.from, data.to))
            .actions(export_links(
                "all figures of these days",
                links::trend_export(&filter, false),
                links::trend_export(&filter, true),
            ))
            .content(view! { <div class="card-body">{content}</div> })}
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
