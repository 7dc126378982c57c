//! The updates that are missing on the most instances.

use crate::{model::MissingPatch, ui::prelude::*};

const COLUMNS: [Column; 5] = [
    Column::wide("Update"),
    Column::text("Severity"),
    Column::numeric("Instances"),
    Column::numeric("Accounts"),
    Column::numeric("First seen"),
];

pub fn top_missing_card(patches: Vec<MissingPatch>, links: &AccountLinks, now: Timestamp) -> AnyView {
    let empty = ("No missing updates", "All approved updates are installed on all instances.");
    let content = data_table_or(
        empty,
        "Updates missing on the most instances",
        &COLUMNS,
        patches.into_iter().map(|patch| row(patch, links, now)),
    );
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
