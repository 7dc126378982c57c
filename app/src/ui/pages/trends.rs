//! `/trends`: one figure by day, for the accounts that match the filters.

use crate::{
    model::{filter::TrendFilter, overview::Choices, trend::TrendPage},
    rpc::{self, RpcError},
    ui::{
        format::plural,
        links,
        load::{Address, page},
        parts::{Card, chart_figure, empty_state, export_links, filter_form, freshness_line},
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
        {filter_form("trends", "/trends", &at.query, &filter, &choices)}
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
