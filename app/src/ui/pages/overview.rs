//! `/`: which account is worst off and why, and how everything is doing.

mod attention;
mod patching;
mod patching_row;
mod scope;
mod severities;
mod top_missing;

pub use scope::LearnMore;
pub use severities::severity_card;

use super::fleet::{KeyFigures, fleet_card};
use crate::{
    model::{account::AccountTotals, filter::AccountFilter, overview::Overview},
    rpc,
    ui::{
        format::plural,
        links::AccountLinks,
        load::{Address, page},
        parts::{chart_figure, nothing_here},
    },
};
use leptos::prelude::*;
use leptos_meta::Title;

pub fn overview_page() -> AnyView {
    page("/", |at| rpc::overview(at.query), show)
}

fn show(at: Address, data: Overview) -> AnyView {
    let filter = AccountFilter::from_query(&at.query).unwrap_or_default();
    let anything = data.choices.accounts.iter().any(|account| account.instances > 0) || data.fleet.instances > 0;
    if !anything {
        return scope::without_machines(&data.freshness);
    }
    let links = AccountLinks::of_scope(&filter);
    let scope = scope::scope_bar(&filter, &at.query, data.choices, &data.freshness);
    let heading = view! { <h1>{plural(data.status.total(), "machine", "machines")}</h1> }.into_any();
    let fleet = fleet_card(heading, spread(&data.fleet), &data.status, keys(&data.fleet), &links);
    let trend = chart_card("Patch status over time", data.trend);
    view! {
        <Title text="Overview" />
        {scope}
        <div class="first">{fleet} {attention::attention_card(data.attention)}</div>
        {patching::patching_card(&filter, data.accounts, &data.totals, data.freshness.now)}
        <div class="halves">{trend} {severity_card(&data.severities, data.severity, &links)}</div>
        {top_missing::top_missing_card(data.top_missing, &links, data.freshness.now)}
    }
    .into_any()
}

fn spread(totals: &AccountTotals) -> String {
    let accounts = plural(totals.accounts, "account", "accounts");
    format!("in {accounts} at {}", plural(totals.providers, "provider", "providers"))
}

fn keys(totals: &AccountTotals) -> KeyFigures {
    KeyFigures {
        instances: totals.instances,
        online: totals.online_instances,
        pending_os_updates: totals.pending_os_updates,
        instances_pending_os_updates: totals.instances_pending_os_updates,
        pending_agent_updates: totals.pending_agent_updates,
        runs_succeeded: totals.runs_succeeded,
        runs_total: totals.runs_total,
    }
}

/// A chart with a heading; before there is anything to draw it says so.
pub fn chart_card(title: &'static str, chart: crate::model::chart::Chart) -> AnyView {
    let content = match chart.rows.is_empty() {
        true => nothing_here("No history yet", "The picture starts with the first harvest."),
        false => chart_figure(chart, title),
    };
    view! {
        <section class="card">
            <div class="card-head"><h2>{title}</h2></div>
            <div class="pad">{content}</div>
        </section>
    }
    .into_any()
}
