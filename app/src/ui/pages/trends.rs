//! `/trends`: one figure by day, over any days, of the accounts that the filters leave.

use crate::{
    model::{filter::TrendFilter, overview::Choices, trend::TrendPage},
    rpc::{self, RpcError},
    ui::{
        format::plural,
        links,
        load::{Address, page},
        parts::{chart_figure, export_links, filter_form, freshness_line, nothing_here},
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
        {filter_form("trends", "/trends", &at.query, &filter, &choices)}
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
