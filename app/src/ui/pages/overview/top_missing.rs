//! The updates that are missing on the most instances.

use crate::{
    model::{PatchFilter, PatchRow, PatchStatus, StatusCounts},
    ui::prelude::*,
};

const COLUMNS: [Column; 5] = [
    Column::wide("Update"),
    Column::text("Severity"),
    Column::numeric("Instances"),
    Column::numeric("Accounts"),
    Column::numeric("First seen"),
];

pub fn top_missing_card(
    patches: Vec<PatchRow>,
    status: &StatusCounts,
    links: &AccountLinks,
    now: Timestamp,
) -> AnyView {
    let empty = reason(status);
    let content = data_table_or(
        empty,
        "Updates missing on the most instances",
        &COLUMNS,
        patches.into_iter().map(|patch| row(patch, links, now)),
    );
    Card::new("top-missing", "Top missing updates").note("By number of instances").content(content)
}

/// Why no update is missing: that is known only of instances that were scanned.
fn reason(status: &StatusCounts) -> (&'static str, &'static str) {
    let unscanned = status.get(PatchStatus::NoData) + status.get(PatchStatus::Unsupported);
    if unscanned == status.total() {
        ("Unknown", "No instance has been scanned, so its missing updates are not known.")
    } else if unscanned + status.get(PatchStatus::Stale) > 0 {
        ("No missing updates found", "No scan found a missing update, but some instances have no recent scan.")
    } else {
        ("No missing updates", "All approved updates are installed on all instances.")
    }
}

fn row(patch: PatchRow, links: &AccountLinks, now: Timestamp) -> Vec<AnyView> {
    let href = links.missing(&patch.name, &patch.title);
    let scope =
        PatchFilter { customer: links.customer.clone(), provider: links.provider.clone(), ..PatchFilter::default() };
    let page = links::patch(&patch.name, &patch.title, &scope);
    let instances = figure(patch.instances, href, format!("instances missing {}", patch.description));
    cells![
        view! { <a class="name" href=page><bdi>{patch.description}</bdi></a><span class="secondary"><bdi>{patch.name}</bdi></span> },
        severity_label(&patch.severity, patch.severity_band),
        instances,
        count(patch.accounts),
        age_of(now, patch.first_seen_at),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_are_installed_everywhere_only_if_all_instances_were_scanned_lately() {
        let good = ("No missing updates", "All approved updates are installed on all instances.");
        let none = StatusCounts::default();
        for (status, is_good) in [
            (StatusCounts { up_to_date: 3, ..none }, true),
            (StatusCounts { up_to_date: 3, stale: 1, ..none }, false),
            (StatusCounts { up_to_date: 3, no_data: 1, ..none }, false),
            (StatusCounts { up_to_date: 3, unsupported: 1, ..none }, false),
            (StatusCounts { no_data: 3, ..none }, false),
            (none, false),
        ] {
            assert_eq!(reason(&status) == good, is_good, "{status:?}");
        }
    }
}
