//! `/trends`: one figure by day, for the accounts that match the filters.

use crate::{
    model::{TrendFilter, TrendPage},
    ui::prelude::*,
};

pub fn trends_page() -> AnyView {
    filtered_page("/trends", rpc::trend, show)
}

fn show(page: Filtered<TrendFilter>, data: TrendPage) -> AnyView {
    let filter = &page.filter;
    let links = AccountLinks::of(filter);
    let freshness = data.freshness.clone();
    page.show("Trends", &freshness, &links, || content(filter, data))
}

fn content(filter: &TrendFilter, data: TrendPage) -> AnyView {
    let recorded = plural(data.days.len() as u64, "day", "days");
    let content = match data.days.is_empty() {
        true => empty_state("No data for these days", "The figures of a day are recorded by its last harvest."),
        false => chart_figure(data.chart, filter.figure.label()),
    };
    view! {
        {Card::new("trend", filter.figure.label())
            .note(format!("{} to {}, {recorded} with data", data.from, data.to))
            .actions(export_links("all figures of these days", |excel| links::trend_export(filter, excel)))
            .content(view! { <div class="card-body">{content}</div> })}
    }
    .into_any()
}
