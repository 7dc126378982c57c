//! `/service-level`: overdue updates, updates that fall due within seven days, and times to patch.

mod accounts;
mod breaches;
mod figures;
mod rules;
mod times;

use crate::{
    model::{ServiceLevelFilter, ServiceLevelPage},
    ui::prelude::*,
};

pub fn service_level_page() -> AnyView {
    filtered_page("/service-level", rpc::service_level, show)
}

fn show(page: Filtered<ServiceLevelFilter>, data: ServiceLevelPage) -> AnyView {
    let scope = AccountLinks::of(&page.filter);
    let freshness = data.freshness.clone();
    page.show("Service level", &freshness, &scope, || content(&page.filter, data, &scope))
}

fn content(filter: &ServiceLevelFilter, data: ServiceLevelPage, scope: &AccountLinks) -> AnyView {
    let now = data.freshness.now;
    let total = data.accounts.len() as u64;
    let content = match total {
        0 => no_matches("accounts", "/service-level"),
        _ => accounts::accounts_table(data.accounts, now),
    };
    view! {
        {figures::figures_card(&data.totals, &data.times, scope)}
        {Card::new("accounts", "By account")
            .note(format!("{}, most overdue first", plural(total, "account", "accounts")))
            .actions(export_links("service level", |excel| links::service_level_export(filter, excel)))
            .content(content)}
        {breaches::breaches_card(data.breaches, data.totals.due_soon, scope)}
        {times::severities_card(data.severities, scope)}
        {times::months_card(data.months)}
        {rules::rules_card(data.policies)}
    }
    .into_any()
}
