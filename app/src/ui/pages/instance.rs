//! `/instances/{instance}`: one machine, its three clocks, and four lists as tabs.

mod facts;
mod head;
mod history;
mod load;
mod runs;
mod software;
mod tab;
mod tabs;
mod updates;

pub use runs::run_badge;

use crate::{
    model::{ids::InstanceId, instance::InstancePage},
    ui::load::{Address, page},
};
use leptos::prelude::*;
use leptos_meta::Title;
use load::{Loaded, Tabbed};

pub fn instance_page() -> AnyView {
    page("/instances", load::load, show)
}

fn show(_: Address, Loaded { page, tab, query }: Loaded) -> AnyView {
    let id = page.instance.instance_id.clone();
    view! {
        <Title text=page.instance.name.clone() />
        {head::head(&page)}
        {facts::facts(&page)}
        {facts::hints(&page)}
        {tabs::tabs(&page, tab.name())}
        {list(&id, tab, &query, &page)}
        {facts::tags(&page.tags)}
    }
    .into_any()
}

fn list(id: &InstanceId, tab: Tabbed, query: &str, page: &InstancePage) -> AnyView {
    match tab {
        Tabbed::Updates(rows) => updates::updates_card(id, rows, query, &page.states),
        Tabbed::History(rows) => history::history_card(page, rows, query),
        Tabbed::Software(rows) => software::software_card(id, rows, query),
        Tabbed::Runs(rows) => runs::runs_card(id, rows, query, &page.failed_outputs),
    }
}
