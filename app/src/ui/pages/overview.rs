//! `/`: the patch status of all accounts, and which accounts need attention.

mod attention;
mod patching;
mod patching_row;
mod scope;
mod severities;
mod top_missing;

pub use scope::LearnMore;
pub use severities::severity_card;

use super::fleet::fleet_card;
use crate::{
    model::{AccountFilter, AccountTotals, Overview},
    ui::prelude::*,
};

pub fn overview_page() -> AnyView {
    page("/", |at| rpc::overview(at.query), show)
}

fn show(at: Address, data: Overview) -> AnyView {
    let filter = AccountFilter::from_query(&at.query).unwrap_or_default();
    let has_instances = data.choices.accounts.iter().any(|account| account.instances > 0) || data.fleet.instances > 0;
    if !has_instances {
        return scope::no_instances(&data.freshness);
    }
    let links = AccountLinks::of(&filter);
    let scope = scope::scope_bar(&filter, &at.query, data.choices, &data.freshness);
    if let Some(unknown) = unknown_accounts(&data.freshness, "/") {
        let patching = (data.freshness.accounts > 0)
            .then(|| patching::patching_card(&filter, data.accounts, &data.totals, data.freshness.now));
        return view! { <Title text="Overview" />{scope}{unknown}{patching} }.into_any();
    }
    let heading = view! { <h1>{plural(data.status.total(), "instance", "instances")}</h1> }.into_any();
    let waiting = (data.available_since, data.freshness.now);
    let fleet = fleet_card(heading, scope_text(&data.fleet), &data.status, &data.fleet, waiting, &links);
    let trend = chart_card("Patch status over time", data.trend);
    view! {
        <Title text="Overview" />
        {scope}
        <div class="split">{fleet} {attention::attention_card(data.attention, data.accounts_with_attention)}</div>
        {patching::patching_card(&filter, data.accounts, &data.totals, data.freshness.now)}
        <div class="split-even">{trend} {severity_card(&data.severities, data.severity, &links)}</div>
        {top_missing::top_missing_card(data.top_missing, &data.status, &links, data.freshness.now)}
    }
    .into_any()
}

fn scope_text(totals: &AccountTotals) -> String {
    let accounts = plural(totals.accounts, "account", "accounts");
    format!("in {accounts} at {}", plural(totals.providers, "provider", "providers"))
}

/// A card with a chart, or a text while there is no data.
pub fn chart_card(title: &'static str, chart: crate::model::chart::Chart) -> AnyView {
    let content = match chart.rows.is_empty() {
        true => empty_state("No history yet", "The chart starts with the first harvest."),
        false => chart_figure(chart, title),
    };
    view! {
        <section class="card">
            <div class="card-header"><h2>{title}</h2></div>
            <div class="card-body">{content}</div>
        </section>
    }
    .into_any()
}
