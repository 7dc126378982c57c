//! The software installed on the instance, from its inventory.

use super::tab::Tab;
use crate::{
    model::{filter::HistoryFilter, ids::InstanceId, page::Page, software::SoftwareRow},
    ui::{
        format::plural,
        parts::{Card, Column, cells, data_table, empty_state, pagination, short_time},
    },
};
use leptos::prelude::*;

const COLUMNS: [Column; 5] = [
    Column::wide("Name"),
    Column::mono("Version"),
    Column::text("Publisher"),
    Column::text("Architecture"),
    Column::numeric("Installed (UTC)"),
];

pub fn software_card(id: &InstanceId, page: Page<SoftwareRow>, query: &str) -> AnyView {
    let filter = HistoryFilter::from_query(id.clone(), query).unwrap_or_else(|_| HistoryFilter::of(id.clone()));
    let (shown, total) = (page.rows.len(), page.total);
    let content = match shown {
        0 => empty_state("No inventory", "Systems Manager has no inventory of this instance."),
        _ => data_table("Software on this instance", &COLUMNS, page.rows.into_iter().map(row)),
    };
    let pager = pagination(total, shown, filter.window, |window| {
        Tab::Software.list_href(id, &HistoryFilter { window, ..filter.clone() }.to_query())
    });
    Card::new("list", "Software").note(plural(total, "package", "packages")).content((content, pager))
}

fn row(row: SoftwareRow) -> Vec<AnyView> {
    cells![
        view! { <bdi>{row.name}</bdi> },
        view! { <bdi>{row.version}</bdi> },
        view! { <bdi>{row.publisher}</bdi> },
        view! { <bdi>{row.architecture}</bdi> },
        short_time(row.installed_at, "Unknown"),
    ]
}
