//! What State Manager keeps doing on the account's machines.

use crate::{
    model::plan::AssociationRow,
    ui::{
        format::count,
        parts::{Glyph, note_badge, nothing_here, plain_heading, short_time, table_region},
    },
};
use leptos::prelude::*;

pub fn associations_card(associations: Vec<AssociationRow>) -> AnyView {
    let content = match associations.is_empty() {
        true => nothing_here("No associations", "State Manager keeps nothing up in this account."),
        false => table_region("Associations", table(associations)),
    };
    view! {
        <section class="card" aria-labelledby="associations">
            <div class="card-head">
                <h2 id="associations">"Associations"</h2>
                <span class="soft">"failing first"</span>
            </div>
            {content}
        </section>
    }
    .into_any()
}

fn table(associations: Vec<AssociationRow>) -> AnyView {
    view! {
        <table class="stack">
            <caption class="unseen">"Associations"</caption>
            <thead>
                <tr>
                    {plain_heading("Association", "")} {plain_heading("Status", "")} {plain_heading("Succeeded", "n")}
                    {plain_heading("Failed", "n")} {plain_heading("Last (UTC)", "n")}
                </tr>
            </thead>
            <tbody>{associations.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

fn row(association: AssociationRow) -> AnyView {
    let (tone, shape) = match association.status.as_str() {
        "Success" => ("up_to_date", Glyph::Done),
        "Failed" => ("failed", Glyph::Wrong),
        _ => ("stale", Glyph::Old),
    };
    let about = match association.schedule.is_empty() {
        true => association.document_name,
        false => format!("{} \u{b7} {}", association.document_name, association.schedule),
    };
    view! {
        <tr>
            <th scope="row"><bdi>{association.name}</bdi><span class="sub"><bdi>{about}</bdi></span></th>
            <td data-label="Status">{note_badge(tone, shape, &association.status)}</td>
            <td class="n" data-label="Succeeded">{count(association.succeeded)}</td>
            <td class="n" data-label="Failed">{count(association.failed)}</td>
            <td class="n" data-label="Last (UTC)">{short_time(association.last_execution_at, "never")}</td>
        </tr>
    }
    .into_any()
}
