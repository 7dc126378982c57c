//! `/service-level`: overdue updates, updates that fall due within seven days, and times to patch.

mod accounts;
mod breaches;
mod figures;
mod rules;
mod times;

use crate::{
    model::{filter::ServiceLevelFilter, overview::Choices, service_level::ServiceLevelPage},
    rpc::{self, RpcError},
    ui::{
        format::plural,
        links::{self, AccountLinks},
        load::{Address, page},
        parts::{Card, export_links, filter_form, freshness_line, no_matches},
    },
};
use leptos::prelude::*;
use leptos_meta::Title;

const PATH: &str = "/service-level";

pub fn service_level_page() -> AnyView {
    page(PATH, load, show)
}

async fn load(at: Address) -> Result<(ServiceLevelPage, Choices), RpcError> {
    Ok((rpc::service_level(at.query).await?, rpc::choices().await?))
}

fn show(at: Address, (data, choices): (ServiceLevelPage, Choices)) -> AnyView {
    let filter = data.filter;
    let scope = AccountLinks::of_service(&filter);
    let now = data.freshness.now;
    let total = data.accounts.len() as u64;
    let content = match total {
        0 => no_matches("accounts", links::service_level(&ServiceLevelFilter::default())),
        _ => accounts::accounts_table(data.accounts, now),
    };
    let export = |excel| links::service_level_export(&filter, excel);
    view! {
        <Title text="Service level" />
        <div class="page-header"><h1>"Service level"</h1>{freshness_line(&data.freshness)}</div>
        {filter_form("service-level", PATH, &at.query, &filter, &choices)}
        {figures::figures_card(&data.totals, &data.times, &scope)}
        {Card::new("accounts", "By account")
            .note(format!("{}, most overdue first", plural(total, "account", "accounts")))
            .actions(export_links("service level", export(false), export(true)))
            .content(content)}
        {breaches::breaches_card(data.breaches, data.totals.due_soon, &scope)}
        {times::severities_card(data.severities, &scope)}
        {times::months_card(data.months)}
        {rules::rules_card(data.policies)}
    }
    .into_any()
}
