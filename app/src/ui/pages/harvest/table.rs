//! Every account and Region with the figures of its last harvest.

use crate::{
    model::{HarvestRow, InstanceFilter, column::Column},
    ui::{format::duration_ms, prelude::*},
};

pub fn harvest_table(rows: &[HarvestRow], now: Timestamp) -> AnyView {
    let columns = columns_from::<HarvestRow>(&["account_name", "region", "state", "last_read_at"]);
    let own = |row: &_, column: &_| cell(row, column, now);
    plain_table("Harvests by account and Region", &columns, "account_name", rows, &own)
}

fn cell(row: &HarvestRow, column: &Column, now: Timestamp) -> Option<AnyView> {
    let cell = match column.name {
        "account_name" => {
            account_cell(&row.account_id, row.account_name.clone(), &row.provider, row.customer_name.clone())
        }
        "region" => view! {
            <bdi>{row.region.clone()}</bdi><span class="secondary"><bdi>{row.systems_account.clone()}</bdi></span>
        }
        .into_any(),
        "state" => harvest_badge(row.state),
        "last_good_at" => time_with_age(row.last_good_at, column, now),
        "last_read_at" => time_with_age(row.last_read_at, column, now),
        "instances_details_missing" => {
            let missing = InstanceFilter {
                account: Some(row.account_id.clone()),
                region: Some(row.region.clone()),
                details_missing: Some(true),
                ..InstanceFilter::default()
            };
            let href = links::instances(&missing);
            figure(row.instances_details_missing, href, "instances with details missing".to_owned())
        }
        "duration_ms" => duration_ms(row.duration_ms).into_any(),
        _ => return None,
    };
    Some(cell)
}

fn time_with_age(at: Option<Timestamp>, column: &Column, now: Timestamp) -> AnyView {
    let age = at.map(|at| view! { <span class="secondary">{age_of(now, at)}</span> });
    view! { {short_time(at, column.absent)}{age} }.into_any()
}
