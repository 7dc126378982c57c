//! The updates that are missing on the most machines.

use crate::{
    model::update::MissingPatch,
    ui::{
        format::count,
        links::AccountLinks,
        parts::{age_of, figure, nothing_here, plain_heading, severity_word, table_region},
    },
};
use jiff::Timestamp;
use leptos::prelude::*;

pub fn top_missing_card(patches: Vec<MissingPatch>, links: &AccountLinks, now: Timestamp) -> AnyView {
    let content = match patches.is_empty() {
        true => nothing_here("No update is missing", "Every approved update is installed everywhere."),
        false => table_region("Top missing updates", table(patches, links, now)),
    };
    view! {
        <section class="card" aria-labelledby="top-missing">
            <div class="card-head">
                <h2 id="top-missing">"Top missing updates"</h2>
                <span class="soft">"on the most machines"</span>
            </div>
            {content}
        </section>
    }
    .into_any()
}

fn table(patches: Vec<MissingPatch>, links: &AccountLinks, now: Timestamp) -> AnyView {
    let rows = patches.into_iter().map(|patch| {
        let href = links.missing(&patch.name, &patch.description);
        let what = format!("machines miss {}", patch.description);
        view! {
            <tr>
                <th scope="row" class="text">
                    <bdi>{patch.description}</bdi><span class="sub"><bdi>{patch.name}</bdi></span>
                </th>
                <td data-label="Severity">{severity_word(&patch.severity)}</td>
                <td class="n" data-label="Machines">{figure(patch.instances, href, what)}</td>
                <td class="n" data-label="Accounts">{count(patch.accounts)}</td>
                <td class="n" data-label="First seen">{age_of(now, patch.first_seen_at)}</td>
            </tr>
        }
    });
    view! {
        <table class="stack">
            <caption class="unseen">"Updates missing on the most machines"</caption>
            <thead>
                <tr>
                    {plain_heading("Update", "")} {plain_heading("Severity", "")} {plain_heading("Machines", "n")}
                    {plain_heading("Accounts", "n")} {plain_heading("First seen", "n")}
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
    .into_any()
}
