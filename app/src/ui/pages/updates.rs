//! `/updates`: the updates by patch, those on most instances first.

mod list;
mod patch;
mod table;

pub use list::update_list_page;
pub use patch::patch_page;
pub use table::{FIGURE_12, common_cell, table_of_instance};

use crate::{
    model::{Due, Page, PatchFilter, PatchRow, UpdateFilter, UpdateState, column::Column},
    ui::prelude::*,
};
use jiff::civil::Date;

const COLUMNS: [&str; 8] =
    ["description", "severity", "instances", "failed", "overdue", "accounts", "oldest_pending_since", "next_due_at"];

pub fn updates_page() -> AnyView {
    filtered_page("/updates", rpc::patches, show)
}

fn show(page: Filtered<PatchFilter>, data: Page<PatchRow>) -> AnyView {
    let filter = &page.filter;
    let href = |window| links::patches(&PatchFilter { window, ..filter.clone() });
    let empty = no_rows(&data, "updates", "/updates");
    let content = paged(&data, filter.window, href, empty, |rows| {
        let headings = sort_headings("/updates", filter, &columns_named::<PatchRow>(&COLUMNS));
        patches_table(headings, filter, rows)
    });
    let counted = match filter.states.is_empty() {
        true => "Missing or failed, one row per patch",
        false => "In the selected states, one row per patch",
    };
    view! {
        <Title text="Updates" />
        <div class="page-header"><h1>"Updates"</h1>{as_of_line(data.as_of)}</div>
        {view_switch(&filter.updates(), false)}
        {page.form()}
        {Card::new("list", plural(data.total, "patch", "patches"))
            .note(counted)
            .actions(export_links("updates by patch", |excel| export("patches", filter, excel)))
            .content(content)}
    }
    .into_any()
}

/// The two views of the same updates: by patch, or of each instance.
fn view_switch(filter: &UpdateFilter, is_list: bool) -> AnyView {
    // Patches are not limited to these.
    if filter.instance.is_some() || filter.exception.is_some() {
        return ().into_any();
    }
    let filter = UpdateFilter { order: Default::default(), window: Default::default(), ..filter.clone() };
    let by_patch = links::patches(&PatchFilter::from(filter.clone()));
    let views = [("By patch", by_patch, !is_list), ("By instance", links::updates(&filter), is_list)];
    let views = views.map(|(label, href, is_shown)| {
        view! { <li><a class="page-link" href=href aria-current=is_shown.then_some("page")>{label}</a></li> }
    });
    view! { <nav aria-label="View"><ul class="page-links view-switch">{views.collect_view()}</ul></nav> }.into_any()
}

/// A table of patches; each figure leads to the counted updates.
fn patches_table(headings: Vec<AnyView>, filter: &PatchFilter, rows: &[PatchRow]) -> AnyView {
    let columns = columns_named::<PatchRow>(&COLUMNS);
    let cell = |row: &PatchRow, column: &Column| cell(filter, row, column);
    list_table(("Updates", "responsive-table dense"), headings, &columns, "description", rows, &cell)
}

fn cell(filter: &PatchFilter, row: &PatchRow, column: &Column) -> Option<AnyView> {
    let counted = || links::counted_updates(filter, row);
    let of = |what: &str| format!("{what} {}", row.description);
    let cell = match column.name {
        "description" => view! {
            <a class="name" href=links::patch(&row.name, &row.title, filter)><bdi>{row.description.clone()}</bdi></a>
            <span class="secondary"><bdi>{row.name.clone()}</bdi></span>
            {table::cve_list(&row.cve_ids)} {row.exploited_on.map(exploited_badge)}
        }
        .into_any(),
        "severity" => severity_label(&row.severity, row.severity_band),
        "instances" => figure(row.instances, links::updates(&counted()), of("instances with")),
        "failed" => {
            let failed = UpdateFilter { states: vec![UpdateState::Failed], ..counted() };
            // Other states than the counted ones would add rows.
            let is_counted = filter.counted_states().contains(&UpdateState::Failed);
            figure_or_plain(
                row.failed,
                is_counted.then(|| links::updates(&failed)),
                of("instances that failed to install"),
            )
        }
        "overdue" => {
            let overdue = UpdateFilter { due: Some(Due::Overdue), ..counted() };
            let is_counted = filter.due.is_none_or(|due| due == Due::Overdue);
            figure_or_plain(
                row.overdue,
                is_counted.then(|| links::updates(&overdue)),
                of("instances that are overdue for"),
            )
        }
        "oldest_pending_since" => day(row.oldest_pending_since, column.absent),
        "next_due_at" => day(row.next_due_at, column.absent),
        _ => return None,
    };
    Some(cell)
}

/// Since when a CVE of an update is known to be exploited.
fn exploited_badge(since: Date) -> AnyView {
    badge("failed", Icon::Warning, format!("Exploited since {}", format::date(since)))
}

fn day(at: Option<Timestamp>, absent: &'static str) -> AnyView {
    match at {
        Some(at) => {
            view! { <time datetime=format::rfc3339(at) title=format::date_time(at)>{format::day(at)}</time> }.into_any()
        }
        None => view! { <span class="muted">{absent}</span> }.into_any(),
    }
}
