//! The Updates table (Figure 12): pending first.

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
            Field, export_links, filter_form, nothing_left, pager_nav, severity_word, sort_heading, table_region,
            update_badge,
        },
    },
};
use leptos::prelude::*;

/// Exactly the columns of the figure, in its order.
const COLUMNS: [(UpdateSort, &str, &str); 6] = [
    (UpdateSort::Pending, "Install status", ""),
    (UpdateSort::Description, "Description", ""),
    (UpdateSort::Classification, "Classification", ""),
    (UpdateSort::Name, "Name", ""),
    (UpdateSort::Severity, "Severity", ""),
    (UpdateSort::InstallTime, "Install time (UTC)", "n"),
];

pub fn updates_card(id: &InstanceId, page: Page<UpdateRow>, query: &str, counts: &[StateCount]) -> AnyView {
    let filter = UpdateFilter { instance: None, ..UpdateFilter::from_query(query).unwrap_or_default() };
    let path = links::instance(id);
    let (shown, total) = (page.rows.len(), page.total);
    let content = match shown {
        0 => nothing_left("updates of this instance", path.clone()),
        _ => table(&path, &filter, page.rows),
    };
    let pager = pager_nav(total, shown, filter.window, |window| {
        Tab::Updates.list_href(id, &UpdateFilter { window, ..filter.clone() }.to_query())
    });
    let pending = InstanceLinks(id).updates(&[UpdateState::Missing, UpdateState::Failed], None);
    let file = UpdateFilter { instance: Some(id.clone()), ..filter.clone() };
    let fields = vec![
        Field::Text { name: "q", label: "Title, KB, package or CVE", value: filter.q.clone() },
        states(&filter.states),
        severity(filter.severity),
    ];
    view! {
        <section class="card" aria-labelledby="list">
            <div class="card-head">
                <h2 id="list">"Updates"</h2>
                <span class="soft">{in_words(counts)}</span>
                <a class="button" href=pending>"Only pending"</a>
                {export_links("updates", export("updates", &file, false), export("updates", &file, true))}
            </div>
            <div class="pad tight">{filter_form("updates", path, query, fields, Vec::new())}</div>
            {content} {pager}
        </section>
    }
    .into_any()
}

/// "2 missing, 1 failed, 183 installed"
fn in_words(counts: &[StateCount]) -> String {
    let words = counts
        .iter()
        .filter(|count| count.updates > 0)
        .map(|StateCount { state, updates }| format!("{} {}", count(*updates), state.label().to_lowercase()));
    words.collect::<Vec<_>>().join(", ")
}

fn table(path: &str, filter: &UpdateFilter, rows: Vec<UpdateRow>) -> AnyView {
    let heads = COLUMNS.map(|(sort, label, class)| sort_heading(path, filter, sort, label, class));
    let table = view! {
        <table class="stack">
            <caption class="unseen">"Updates of this instance"</caption>
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
            <th scope="row" class="text" data-label="Description"><bdi>{row.description}</bdi>{cves}</th>
            <td data-label="Classification"><bdi>{row.classification}</bdi></td>
            <td class="mono" data-label="Name"><bdi>{row.name}</bdi></td>
            <td data-label="Severity">{severity_word(&row.severity)}</td>
            <td class="n" data-label="Install time (UTC)">{installed}</td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_read_as_a_sentence() {
        let of = |state, updates| StateCount { state, updates };
        let counts = [of(UpdateState::Failed, 1), of(UpdateState::Missing, 0), of(UpdateState::Installed, 1830)];
        assert_eq!(in_words(&counts), "1 failed, 1,830 installed");
    }
}
