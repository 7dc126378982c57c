//! What is installed on the instance, from its inventory.

use super::tab::Tab;
use crate::{
    model::{filter::HistoryFilter, ids::InstanceId, page::Page, software::SoftwareRow},
    ui::{
        format::plural,
        parts::{nothing_here, pager_nav, plain_heading, short_time, table_region},
    },
};
use leptos::prelude::*;

pub fn software_card(id: &InstanceId, page: Page<SoftwareRow>, query: &str) -> AnyView {
    let filter = HistoryFilter::from_query(id.clone(), query).unwrap_or_else(|_| HistoryFilter::of(id.clone()));
    let (shown, total) = (page.rows.len(), page.total);
    let content = match shown {
        0 => nothing_here("No inventory", "Systems Manager has no inventory of this machine."),
        _ => table(page.rows),
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

fn table(rows: Vec<SoftwareRow>) -> AnyView {
    let rows = rows.into_iter().map(|row| {
        view! {
            <tr>
                <th scope="row" class="text"><bdi>{row.name}</bdi></th>
                <td class="mono" data-label="Version"><bdi>{row.version}</bdi></td>
                <td data-label="Publisher"><bdi>{row.publisher}</bdi></td>
                <td data-label="Architecture"><bdi>{row.architecture}</bdi></td>
                <td class="n" data-label="Installed (UTC)">{short_time(row.installed_at, "not known")}</td>
            </tr>
        }
    });
    let table = view! {
        <table class="stack">
            <caption class="unseen">"Software on this instance"</caption>
            <thead>
                <tr>
                    {plain_heading("Name", "")} {plain_heading("Version", "")} {plain_heading("Publisher", "")}
                    {plain_heading("Architecture", "")} {plain_heading("Installed (UTC)", "n")}
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    };
    table_region("Software on this instance", table.into_any())
}
