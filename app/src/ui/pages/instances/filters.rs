//! The filters above the list of instances.

use crate::{
    model::{
        filter::{AgentFilter, Direction, InstanceFilter, InstanceSort, RunFilter},
        ids::AccountId,
        overview::Choices,
        patch_status::PatchStatus,
    },
    ui::{
        pages::picks::{chosen, listed, worth_asking},
        parts::{Field, Pick, filter_form},
    },
};
use leptos::prelude::*;

pub fn instance_filters(filter: &InstanceFilter, query: &str, choices: Choices) -> AnyView {
    let statuses = PatchStatus::ALL.map(|status| (status.code(), status.label()));
    let status = filter.status.map(|status| status.code().to_owned());
    let account = filter.account.as_ref().map(AccountId::to_string);
    let main = [
        Some(Field::Text { name: "q", label: "Name, ID or address", value: filter.q.clone() }),
        Some(listed("status", "Patch status", "All statuses", status, &statuses)),
        worth_asking(chosen("customer", "Customer", "All customers", filter.customer.clone(), choices.customers)),
        worth_asking(chosen("provider", "Provider", "All providers", filter.provider.clone(), choices.providers)),
        worth_asking(chosen("account", "Account", "All accounts", account, choices.accounts)),
    ];
    let mut groups = choices.patch_groups;
    groups.retain(|group| !group.code.is_empty() && group.code != "none");
    let mut group = chosen("patch_group", "Patch group", "All patch groups", filter.patch_group.clone(), groups);
    if let Field::Pick { picks, .. } = &mut group {
        picks.push(Pick::new("none", "No patch group"));
    }
    let yes_no = |value: Option<bool>| value.map(|value| value.to_string());
    let more = vec![
        chosen("platform", "Operating system", "All operating systems", filter.platform.clone(), choices.platforms),
        group,
        listed("online", "Online", "All", yes_no(filter.online), &[("true", "Online"), ("false", "Offline")]),
        listed(
            "agent",
            "SSM Agent",
            "All versions",
            filter.agent.map(|agent| AgentFilter::code(agent).to_owned()),
            &[("latest", "Latest"), ("outdated", "Outdated")],
        ),
        listed(
            "pending",
            "Pending OS updates",
            "All",
            yes_no(filter.pending),
            &[("true", "Has pending updates"), ("false", "No pending updates")],
        ),
        listed(
            "run",
            "Last Install run, 30 days",
            "All results",
            filter.run.map(|run| RunFilter::code(run).to_owned()),
            &[("succeeded", "Succeeded"), ("failed", "Failed"), ("finished", "Finished")],
        ),
    ];
    filter_form("instances", "/instances".to_owned(), query, main.into_iter().flatten().collect(), more)
}

pub fn order_in_words(filter: &InstanceFilter) -> &'static str {
    match (filter.sort, filter.direction) {
        (InstanceSort::Worst, Direction::Descending) => "Worst first",
        (InstanceSort::Worst, Direction::Ascending) => "Best first",
        _ => "Sorted by column",
    }
}
