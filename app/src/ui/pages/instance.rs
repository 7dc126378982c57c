//! `/instances/{instance}`: one instance, its online, scan and harvest times, and four lists as tabs.

mod facts;
mod head;
mod history;
mod load;
mod policies;
mod runs;
mod software;
mod tabs;
mod updates;

pub use runs::{run_badge, step_output};

use super::enrollment::trail_card;
use crate::{
    model::{InstanceId, InstancePage},
    ui::prelude::*,
};
use load::{InstanceData, TabRows};

pub fn instance_page() -> AnyView {
    page("/instances", load::load, show)
}

fn show(_: Address, InstanceData { page, tab, rows, query, enrollment }: InstanceData) -> AnyView {
    let id = page.instance.instance_id.clone();
    view! {
        <Title text=page.instance.name.clone() />
        {head::head(&page)}
        {facts::facts(&page)}
        {facts::hints(&page)}
        {tabs::tabs(&page, tab)}
        {list(&id, rows, &query, &page)}
        {policies::policies_card(&page)}
        {trail_card(enrollment)}
        {facts::tags(&page.tags)}
    }
    .into_any()
}

fn list(id: &InstanceId, rows: TabRows, query: &str, page: &InstancePage) -> AnyView {
    match rows {
        TabRows::Updates(rows) => updates::updates_card(id, rows, query, &page.states),
        TabRows::History(rows) => history::history_card(page, rows, query),
        TabRows::Software(rows) => software::software_card(id, rows, query),
        TabRows::Runs(rows) => runs::runs_card(id, rows, query, &page.failed_outputs),
    }
}
