//! The account's patch groups and the patch status of each.

use super::Empty;
use crate::{
    model::{PatchGroupRow, PatchStatus, visible::quoted_blanks},
    ui::prelude::*,
};

const COLUMNS: [Column; 7] = [
    Column::text("Patch group"),
    Column::numeric("Instances"),
    Column::numeric("Failed"),
    Column::numeric("Pending"),
    Column::numeric("Details missing"),
    Column::numeric("Pending reboot"),
    Column::numeric("Non-compliant"),
];

pub const EMPTY: Empty = ("No patch groups", "No instance in this account has a Patch Group tag.");

pub fn groups_card(groups: Vec<PatchGroupRow>, empty: Empty, links: &AccountLinks) -> AnyView {
    let content = data_table_or(empty, "Patch groups", &COLUMNS, groups.into_iter().map(|group| row(group, links)));
    Card::new("groups", "Patch groups").note("Patch policies overrule them").content(content)
}

fn row(group: PatchGroupRow, links: &AccountLinks) -> Vec<AnyView> {
    let name = match group.patch_group.is_empty() {
        true => "No patch group".to_owned(),
        false => quoted_blanks(&group.patch_group).into_owned(),
    };
    let cell = |status: PatchStatus| {
        let href = links.patch_group(&group.patch_group, Some(status));
        figure(group.status.get(status), href, format!("{} in patch group {name}", status.label()))
    };
    let all = figure(group.instances, links.patch_group(&group.patch_group, None), format!("instances in {name}"));
    cells![
        view! { <bdi>{name.clone()}</bdi> },
        view! { {all} {status_bar(&group.status, "small")} },
        cell(PatchStatus::Failed),
        cell(PatchStatus::Pending),
        cell(PatchStatus::DetailsMissing),
        cell(PatchStatus::PendingReboot),
        cell(PatchStatus::NonCompliant),
    ]
}
