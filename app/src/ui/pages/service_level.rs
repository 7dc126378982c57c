//! `/service-level`: what is overdue, what will be within seven days, and how long updates take to be installed.

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
        parts::{export_links, filter_form, freshness_line, nothing_left},
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
        0 => nothing_left("accounts", links::service_level(&ServiceLevelFilter::default())),
        _ => accounts::accounts_table(data.accounts, now),
    };
    let file = |excel| links::service_level_file(&filter, excel);
    view! {
        <Title text="Service level" />
        <div class="page-head"><h1>"Service level"</h1>{freshness_line(&data.freshness)}</div>
        {filter_form("service-level", PATH, &at.query, &filter, &choices)}
        {figures::figures_card(&data.totals, &data.times, &scope)}
        <section class="card" aria-labelledby="accounts">
            <div class="card-head">
                <h2 id="accounts">"By account"</h2>
                <span class="soft">{plural(total, "account", "accounts")}", the most overdue first"</span>
                {export_links("service level", file(false), file(true))}
            </div>
            {content}
        </section>
        {breaches::breaches_card(data.breaches, data.totals.due_soon, &scope)}
        {times::severities_card(data.severities, &scope)}
        {times::months_card(data.months)}
        {rules::rules_card(data.policies)}
    }
    .into_any()
}
