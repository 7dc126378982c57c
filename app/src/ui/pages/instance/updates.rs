//! The Updates table of an instance, pending updates first.

use super::tab::Tab;
use crate::{
    model::{
        filter::{UpdateFilter, UpdateSort},
        ids::InstanceId,
        instance::StateCount,
        page::Page,
        update::{UpdateRow, UpdateState},
    },
    ui::{
        format::count,
        links::{self, InstanceLinks, export},
        pages::{
            picks::{severity, states},
            updates::{cve_list, install_time},
        },
        parts::{
            Card, Field, export_links, filter_form, no_matches, pagination, severity_label, sort_heading, table_region,
            update_badge,
        },
    },
};
use leptos::prelude::*;

/// The columns of Figure 12, in its order.
const COLUMNS: [(UpdateSort, &str, &str); 6] = [
    (UpdateSort::Pending, "Install status", ""),
    (UpdateSort::Description, "Description", ""),
    (UpdateSort::Classification, "Classification", ""),
    (UpdateSort::Name, "Name", ""),
    (UpdateSort::Severity, "Severity", ""),
    (UpdateSort::InstallTime, "Install time (UTC)", "numeric"),
];

pub fn updates_card(id: &InstanceId, page: Page<UpdateRow>, query: &str, counts: &[StateCount]) -> AnyView {
    let filter = UpdateFilter { instance: None, ..UpdateFilter::from_query(query).unwrap_or_default() };
    let path = links::instance(id);
    let (shown, total) = (page.rows.len(), page.total);
    let content = match shown {
        0 => no_matches("updates of this instance", path.clone()),
        _ => table(&path, &filter, page.rows),
    };
    let pager = pagination(total, shown, filter.window, |window| {
        Tab::Updates.list_href(id, &UpdateFilter { window, ..filter.clone() }.to_query())
    });
    let pending = InstanceLinks(id).updates(&[UpdateState::Missing, UpdateState::Failed], None);
    let exported = UpdateFilter { instance: Some(id.clone()), ..filter.clone() };
    let fields = vec![
        Field::Text { name: "q", label: "Title, KB, package or CVE", value: filter.q.clone() },
        states(&filter.states),
        severity(filter.severity),
    ];
    let actions = view! {
        <a class="button" href=pending>"Show pending only"</a>
        {export_links("updates", export("updates", &exported, false), export("updates", &exported, true))}
    };
    let form = view! { <div class="card-body compact">{filter_form("updates", path, query, fields, Vec::new())}</div> };
    Card::new("list", "Updates").note(summary(counts)).actions(actions).content((form, content, pager))
}

/// "2 missing, 1 failed, 183 installed"
fn summary(counts: &[StateCount]) -> String {
    let texts = counts
        .iter()
        .filter(|count| count.updates > 0)
        .map(|StateCount { state, updates }| format!("{} {}", count(*updates), state.label().to_lowercase()));
    texts.collect::<Vec<_>>().join(", ")
}

fn table(path: &str, filter: &UpdateFilter, rows: Vec<UpdateRow>) -> AnyView {
    let heads = COLUMNS.map(|(sort, label, class)| sort_heading(path, filter, sort, label, class));
    let table = view! {
        <table class="responsive-table">
            <caption class="visually-hidden">"Updates of this instance"</caption>
            <thead><tr>{heads.collect_view()}</tr></thead>
            <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
        </table>
    };
    table_region("Updates of this instance", table.into_any())
}

fn row(row: UpdateRow) -> AnyView {
    let installed = install_time(&row);
    let cves = cve_list(&row.cve_ids);
    view! {
        <tr>
            <td data-label="Install status">{update_badge(&row.install_status)}</td>
            <th scope="row" class="wide-text" data-label="Description"><bdi>{row.description}</bdi>{cves}</th>
            <td data-label="Classification"><bdi>{row.classification}</bdi></td>
            <td class="mono" data-label="Name"><bdi>{row.name}</bdi></td>
            <td data-label="Severity">{severity_label(&row.severity)}</td>
            <td class="numeric" data-label="Install time (UTC)">{installed}</td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summarizes_the_states_that_occur() {
        let of = |state, updates| StateCount { state, updates };
        let counts = [of(UpdateState::Failed, 1), of(UpdateState::Missing, 0), of(UpdateState::Installed, 1830)];
        assert_eq!(summary(&counts), "1 failed, 1,830 installed");
    }
}
