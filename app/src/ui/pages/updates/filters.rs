//! The filters above the list of updates.

use crate::{
    model::{
        filter::UpdateFilter,
        ids::{AccountId, InstanceId},
        overview::Choices,
    },
    ui::{
        pages::picks::{chosen, due, severity, states, worth_asking},
        parts::{Field, filter_form},
    },
};
use leptos::prelude::*;

pub fn update_filters(filter: &UpdateFilter, query: &str, choices: Choices) -> AnyView {
    let account = filter.account.as_ref().map(AccountId::to_string);
    let main = [
        Some(Field::Text { name: "q", label: "Title, KB, package or CVE", value: filter.q.clone() }),
        Some(states(&filter.states)),
        Some(severity(filter.severity)),
        Some(due(filter.due)),
        worth_asking(chosen("account", "Account", "All accounts", account, choices.accounts)),
    ];
    let instance = filter.instance.as_ref().map(InstanceId::to_string);
    let more = [
        worth_asking(chosen("customer", "Customer", "All customers", filter.customer.clone(), choices.customers)),
        worth_asking(chosen("provider", "Provider", "All providers", filter.provider.clone(), choices.providers)),
        Some(Field::Text { name: "name", label: "KB or package (exact)", value: filter.name.clone() }),
        Some(Field::Text { name: "classification", label: "Classification", value: filter.classification.clone() }),
        Some(Field::Text { name: "instance", label: "Instance ID", value: instance }),
    ];
    filter_form(
        "updates",
        "/updates".to_owned(),
        query,
        main.into_iter().flatten().collect(),
        more.into_iter().flatten().collect(),
    )
}
