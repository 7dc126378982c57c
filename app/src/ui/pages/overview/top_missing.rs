//! The updates that are missing on the most instances.

use crate::{
    model::update::MissingPatch,
    ui::{
        format::count,
        links::AccountLinks,
        parts::{Card, Column, age_of, cells, data_table, empty_state, figure, severity_label},
    },
};
use jiff::Timestamp;
use leptos::prelude::*;

const COLUMNS: [Column; 5] = [
    Column::wide("Update"),
    Column::text("Severity"),
    Column::numeric("Instances"),
    Column::numeric("Accounts"),
    Column::numeric("First seen"),
];

pub fn top_missing_card(patches: Vec<MissingPatch>, links: &AccountLinks, now: Timestamp) -> AnyView {
    let content = match patches.is_empty() {
        true => empty_state("No missing updates", "All approved updates are installed on all instances."),
        false => {
            let rows = patches.into_iter().map(|patch| row(patch, links, now));
            data_table("Updates missing on the most instances", &COLUMNS, rows)
        }
    };
    Card::new("top-missing", "Top missing updates").note("By number of instances").content(content)
}

fn row(patch: MissingPatch, links: &AccountLinks, now: Timestamp) -> Vec<AnyView> {
    let href = links.missing(&patch.name, &patch.description);
    let instances = figure(patch.instances, href, format!("instances missing {}", patch.description));
    cells![
        view! { <bdi>{patch.description}</bdi><span class="secondary"><bdi>{patch.name}</bdi></span> },
        severity_label(&patch.severity),
        instances,
        count(patch.accounts),
        age_of(now, patch.first_seen_at),
    ]
}
