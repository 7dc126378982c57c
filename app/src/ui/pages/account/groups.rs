//! The account's patch groups and how each is doing.

use crate::{
    model::{account::PatchGroupRow, patch_status::PatchStatus},
    ui::{
        links::AccountLinks,
        parts::{figure, nothing_here, plain_heading, status_bar, table_region},
    },
};
use leptos::prelude::*;

pub fn groups_card(groups: Vec<PatchGroupRow>, links: &AccountLinks) -> AnyView {
    let content = match groups.is_empty() {
        true => nothing_here("No patch groups", "No machine of this account carries a Patch Group tag."),
        false => table_region("Patch groups", table(groups, links)),
    };
    view! {
        <section class="card" aria-labelledby="groups">
            <div class="card-head"><h2 id="groups">"Patch groups"</h2></div>
            {content}
        </section>
    }
    .into_any()
}

fn table(groups: Vec<PatchGroupRow>, links: &AccountLinks) -> AnyView {
    let rows = groups.into_iter().map(|group| {
        let name = match group.patch_group.is_empty() {
            true => "Outside any group".to_owned(),
            false => group.patch_group.clone(),
        };
        let cell = |status: PatchStatus| {
            let href = links.patch_group(&group.patch_group, Some(status));
            let what = format!("{} in patch group {name}", status.label());
            view! { <td class="n" data-label=status.label()>{figure(group.status.get(status), href, what)}</td> }
        };
        let cells = [PatchStatus::Failed, PatchStatus::Pending, PatchStatus::PendingReboot].map(cell).collect_view();
        let all = figure(group.instances, links.patch_group(&group.patch_group, None), format!("instances in {name}"));
        view! {
            <tr>
                <th scope="row"><bdi>{name.clone()}</bdi></th>
                <td class="n" data-label="Instances">{all} {status_bar(&group.status, "small")}</td>
                {cells}
            </tr>
        }
        .into_any()
    });
    view! {
        <table class="stack">
            <caption class="unseen">"Patch groups"</caption>
            <thead>
                <tr>
                    {plain_heading("Patch group", "")} {plain_heading("Instances", "n")} {plain_heading("Failed", "n")}
                    {plain_heading("Pending", "n")} {plain_heading("Reboot", "n")}
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
    .into_any()
}
