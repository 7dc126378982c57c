//! What is installed on the instance, from its inventory.

use super::tab::Tab;
use crate::{
    model::{filter::HistoryFilter, ids::InstanceId, page::Page, software::SoftwareRow},
    ui::{
        format::plural,
        parts::{columns_from, headings, list_table, nothing_here, pager_nav},
    },
};
use leptos::prelude::*;

pub fn software_card(id: &InstanceId, page: Page<SoftwareRow>, query: &str) -> AnyView {
    let filter = HistoryFilter::from_query(id.clone(), query).unwrap_or_else(|_| HistoryFilter::of(id.clone()));
    let (shown, total) = (page.rows.len(), page.total);
    let content = match shown {
        0 => nothing_here("No inventory", "Systems Manager has no inventory of this machine."),
        _ => {
            let columns = columns_from::<SoftwareRow>(&[]);
            let caption = ("Software on this instance", "stack");
            list_table(caption, headings(&columns), &columns, "name", &page.rows, &|_, _| None)
        }
    };
    let pager = pager_nav(total, shown, filter.window, |window| {
        Tab::Software.list_href(id, &HistoryFilter { window, ..filter.clone() }.to_query())
    });
    view! {
        <section class="card" aria-labelledby="list">
            <div class="card-head">
                <h2 id="list">"Software"</h2>
                <span class="soft">{plural(total, "package", "packages")}</span>
            </div>
            {content} {pager}
        </section>
    }
    .into_any()
}
