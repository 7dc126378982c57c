//! The table of updates of all instances: the columns of Figure 12, then the instance and its account.

use crate::{
    model::{
        filter::{UpdateFilter, UpdateSort},
        update::{UpdateRow, UpdateState},
    },
    ui::{
        format, links,
        parts::{due_cell, plain_heading, severity_label, short_time, sort_heading, table_region, update_badge},
    },
};
use leptos::prelude::*;

const COLUMNS: [(UpdateSort, &str, &str); 9] = [
    (UpdateSort::Pending, "Install status", ""),
    (UpdateSort::Description, "Description", ""),
    (UpdateSort::Classification, "Classification", ""),
    (UpdateSort::Name, "Name", ""),
    (UpdateSort::Severity, "Severity", ""),
    (UpdateSort::InstallTime, "Install time (UTC)", "numeric"),
    (UpdateSort::DueAt, "Due (UTC)", "numeric"),
    (UpdateSort::InstanceName, "Instance", ""),
    (UpdateSort::FirstSeen, "First seen (UTC)", "numeric"),
];

pub fn updates_table(filter: &UpdateFilter, rows: Vec<UpdateRow>) -> AnyView {
    let heads = COLUMNS.map(|(sort, label, class)| sort_heading("/updates", filter, sort, label, class));
    let table = view! {
        <table class="responsive-table dense">
            <caption class="visually-hidden">"Updates"</caption>
            <thead><tr>{heads.collect_view()} {plain_heading("Account", "")}</tr></thead>
            <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
        </table>
    };
    table_region("Updates", table.into_any())
}

fn row(row: UpdateRow) -> AnyView {
    let installed = install_time(&row);
    let cves = cve_list(&row.cve_ids);
    let due = due_cell(&row);
    view! {
        <tr>
            <td data-label="Install status">{update_badge(&row.install_status)}</td>
            <th scope="row" class="wide-text" data-label="Description"><bdi>{row.description}</bdi>{cves}</th>
            <td data-label="Classification"><bdi>{row.classification}</bdi></td>
            <td class="mono" data-label="Name"><bdi>{row.name}</bdi></td>
            <td data-label="Severity">{severity_label(&row.severity)}</td>
            <td class="numeric" data-label="Install time (UTC)">{installed}</td>
            <td class="numeric" data-label="Due (UTC)">{due}</td>
            <td data-label="Instance">
                <a class="name" href=links::instance(&row.instance_id)><bdi>{row.instance_name}</bdi></a>
            </td>
            <td class="numeric" data-label="First seen (UTC)">
                <time datetime=format::rfc3339(row.first_seen_at)>{format::date_time_short(row.first_seen_at)}</time>
            </td>
            <td data-label="Account">
                <a href=links::account(&row.account_id)><bdi>{row.account_name}</bdi></a>
                <span class="secondary">{row.provider.label().to_owned()}</span>
            </td>
        </tr>
    }
    .into_any()
}

/// When the update was installed or, for a pending update, since when it is pending.
pub fn install_time(row: &UpdateRow) -> AnyView {
    let since = || format!("since {}", format::day(row.changed_at));
    match (&row.install_status, row.install_time) {
        (_, Some(at)) => short_time(Some(at), ""),
        (UpdateState::Missing | UpdateState::Failed, None) => view! {
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
