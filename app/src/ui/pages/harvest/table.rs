//! Every account and Region with its last harvest.

use crate::{
    model::harvest::HarvestRow,
    ui::{
        format::{count, duration_ms},
        parts::{account_heading, age_of, harvest_badge, plain_heading, short_time, table_region},
    },
};
use jiff::Timestamp;
use leptos::prelude::*;

pub fn harvest_table(rows: Vec<HarvestRow>, now: Timestamp) -> AnyView {
    let table = view! {
        <table class="responsive-table">
            <caption class="visually-hidden">"Harvests by account and Region"</caption>
            <thead>
                <tr>
                    {plain_heading("Account", "")} {plain_heading("Region", "")} {plain_heading("State", "")}
                    {plain_heading("Last success (UTC)", "numeric")} {plain_heading("Last attempt (UTC)", "numeric")}
                    {plain_heading("Duration", "numeric")} {plain_heading("API calls", "numeric")} {plain_heading("Rows", "numeric")}
                    {plain_heading("Changes", "numeric")}
                </tr>
            </thead>
            <tbody>{rows.into_iter().map(|row| harvest_row(row, now)).collect_view()}</tbody>
        </table>
    };
    table_region("Harvests by account and Region", table.into_any())
}

fn harvest_row(row: HarvestRow, now: Timestamp) -> AnyView {
    let age = row.last_good_at.map(|at| view! { <span class="secondary">{age_of(now, at)}</span> });
    view! {
        <tr>
            {account_heading(&row.account_id, row.account_name, &row.provider, row.customer_name)}
            <td class="mono" data-label="Region">
                <bdi>{row.region}</bdi><span class="secondary"><bdi>{row.systems_account}</bdi></span>
            </td>
            <td data-label="State">{harvest_badge(row.state)}</td>
            <td class="numeric" data-label="Last success (UTC)">{short_time(row.last_good_at, "Never")}{age}</td>
            <td class="numeric" data-label="Last attempt (UTC)">{short_time(row.last_tried_at, "Never")}</td>
            <td class="numeric" data-label="Duration">{duration_ms(row.duration_ms)}</td>
            <td class="numeric" data-label="API calls">{count(row.api_calls)}</td>
            <td class="numeric" data-label="Rows">{count(row.rows)}</td>
            <td class="numeric" data-label="Changes">{count(row.transitions)}</td>
        </tr>
    }
    .into_any()
}
