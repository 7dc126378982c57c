//! Updates of many instances as a table: the columns of Figure 12, then whose they are.

use crate::{
    model::{Exact, ExceptionDraft, ExceptionFilter, UpdateFilter, UpdateRow, column::Column},
    ui::{pages::except_link, prelude::*},
};

/// The columns of Figure 12, in its order.
pub const FIGURE_12: [&str; 6] =
    ["install_status", "description", "classification", "name", "severity", "install_time"];

/// The columns that go before those that are added to the list: the instance comes second, so that it can be seen.
const FIRST: [&str; 10] = [
    "install_status",
    "instance_name",
    "description",
    "severity",
    "due_at",
    "install_time",
    "account_name",
    "classification",
    "name",
    "first_seen_at",
];

pub fn updates_table(filter: &UpdateFilter, rows: &[UpdateRow]) -> AnyView {
    table_of(
        ("Updates", "responsive-table dense"),
        (links::UPDATE_LIST, filter),
        &columns_from::<UpdateRow>(&FIRST),
        rows,
    )
}

/// A table with these columns; its headings sort the page.
pub fn table_of(
    caption: (&'static str, &'static str),
    (path, filter): (&str, &UpdateFilter),
    columns: &[Column],
    rows: &[UpdateRow],
) -> AnyView {
    let header = columns.iter().find(|column| column.name == "description").or(columns.first());
    let header = header.map_or("", |column| column.name);
    list_table(caption, sort_headings(path, filter, columns), columns, header, rows, &cell)
}

/// The same for one instance, on which pending updates can be excepted.
pub fn table_of_instance((path, filter): (&str, &UpdateFilter), columns: &[Column], rows: &[UpdateRow]) -> AnyView {
    let own = |row: &UpdateRow, column: &Column| {
        let content = cell(row, column)?;
        let except = (column.name == "description").then(|| except(row)).flatten();
        Some(view! { {content} {except} }.into_any())
    };
    let headings = sort_headings(path, filter, columns);
    list_table(("Updates of this instance", "responsive-table"), headings, columns, "description", rows, &own)
}

/// The link that accepts or defers a pending update on its instance.
fn except(row: &UpdateRow) -> Option<AnyView> {
    // The title of an update that has none is not known here.
    let has_title = row.description != row.name;
    let draft = ExceptionDraft {
        name: Some(Exact::new(row.name.clone())),
        title: Some(Exact::new(row.description.clone())),
        account: Some(row.account_id.clone()),
        instance: Some(row.instance_id.clone()),
        ..ExceptionDraft::default()
    };
    (row.install_status.is_pending() && has_title).then(|| except_link("Accept or defer", &draft)).flatten()
}

/// The cells that are the same in every table of updates.
pub fn common_cell(row: &UpdateRow, column: &Column) -> Option<AnyView> {
    let cell = match column.name {
        "install_status" => view! {
            {update_badge(&row.install_status)}
            {row.is_excepted.then(|| {
                let of_instance = ExceptionFilter { instance: Some(row.instance_id.clone()), ..Default::default() };
                view! { <a class="secondary" href=links::exceptions(&of_instance)>"excepted"</a> }
            })}
        }
        .into_any(),
        "severity" => severity_label(&row.severity, row.severity_band),
        "instance_name" => view! {
            <a class="name" href=links::instance(&row.instance_id)><bdi>{row.instance_name.clone()}</bdi></a>
        }
        .into_any(),
        _ => return None,
    };
    Some(cell)
}

fn cell(row: &UpdateRow, column: &Column) -> Option<AnyView> {
    let cell = match column.name {
        "description" => view! { <bdi>{row.description.clone()}</bdi>{cve_list(&row.cve_ids)} }.into_any(),
        "install_time" => install_time(row),
        "due_at" => due_cell(row),
        "account_name" => view! {
            <a href=links::account(&row.account_id)><bdi>{row.account_name.clone()}</bdi></a>
            <span class="secondary">{row.provider.label().to_owned()}</span>
        }
        .into_any(),
        _ => return common_cell(row, column),
    };
    Some(cell)
}

/// When the update was installed or, for a pending update, since when it is pending.
fn install_time(row: &UpdateRow) -> AnyView {
    let since = || format!("since {}", format::day(row.changed_at));
    match (&row.install_status, row.install_time) {
        (_, Some(at)) => short_time(Some(at), ""),
        (state, None) if state.is_pending() => view! {
            <span class="muted">"Not installed"<span class="secondary">{since()}</span></span>
        }
        .into_any(),
        (_, None) => view! { <span class="muted">"Unknown"</span> }.into_any(),
    }
}

/// The first CVEs that the update fixes, and the number of further ones.
pub fn cve_list(cves: &[String]) -> AnyView {
    const SHOWN: usize = 3;
    if cves.is_empty() {
        return ().into_any();
    }
    let more = cves.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let shown = cves.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    view! { <span class="secondary" title=cves.join(", ")><bdi>{shown}</bdi>{more}</span> }.into_any()
}
