//! The software installed on the instance, from its inventory.

use super::tab::Tab;
use crate::{
    model::{filter::HistoryFilter, ids::InstanceId, page::Page, software::SoftwareRow},
    ui::{
        format::plural,
        parts::{Card, columns_from, empty_state, headings, list_table, pagination},
    },
};
use leptos::prelude::*;

pub fn software_card(id: &InstanceId, page: Page<SoftwareRow>, query: &str) -> AnyView {
    let filter = HistoryFilter::from_query(id.clone(), query).unwrap_or_else(|_| HistoryFilter::of(id.clone()));
    let (shown, total) = (page.rows.len(), page.total);
    let content = match shown {
        0 => empty_state("No inventory", "Systems Manager has no inventory of this instance."),
        _ => {
            let columns = columns_from::<SoftwareRow>(&[]);
            let caption = ("Software on this instance", "responsive-table");
            list_table(caption, headings(&columns), &columns, "name", &page.rows, &|_, _| None)
        }
    };
    let pager = pagination(total, shown, filter.window, |window| {
        Tab::Software.list_href(id, &HistoryFilter { window, ..filter.clone() }.to_query())
    });
    Card::new("list", "Software").note(plural(total, "package", "packages")).content((content, pager))
}
