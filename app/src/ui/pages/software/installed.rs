//! `/software/list`: the instances with a package, and its versions.

use crate::{
    model::{Exact, InstalledFilter, InstalledPage, InstalledRow, PackageVersion, column},
    ui::prelude::*,
};
use std::collections::BTreeMap;

const COLUMNS: [&str; 6] = ["instance_name", "name", "version", "installed_at", "account_name", "platform_name"];
/// The versions that are shown; the others are collapsed.
const VERSIONS_SHOWN: usize = 12;

pub fn installed_page() -> AnyView {
    filtered_page(links::INSTALLED, rpc::installed, show)
}

fn show(page: Filtered<InstalledFilter>, data: InstalledPage) -> AnyView {
    let filter = &page.filter;
    let links = AccountLinks::of(filter);
    let freshness = data.freshness.clone();
    page.show("Installed software", &freshness, &links, || content(filter, data))
}

fn content(filter: &InstalledFilter, data: InstalledPage) -> AnyView {
    let InstalledPage { versions, rows, .. } = data;
    let href = |window| links::installed(&InstalledFilter { window, ..filter.clone() });
    let empty = no_matches("installed packages", links::INSTALLED);
    let content = paged(&rows, filter.window, href, empty, |rows| {
        let columns = columns_named::<InstalledRow>(&COLUMNS);
        let headings = sort_headings(links::INSTALLED, filter, &columns);
        list_table(("Installed software", "responsive-table dense"), headings, &columns, "instance_name", rows, &cell)
    });
    view! {
        {(!versions.is_empty()).then(|| versions_card(filter, versions))}
        {Card::new("list", plural(rows.total, "installation", "installations"))
            .note("One row for each package on an instance")
            .actions(export_links("installed software", |excel| export("installed", filter, excel)))
            .content(content)}
    }
    .into_any()
}

/// The versions of the package with their share, the newest first by the rule of each kind of system.
fn versions_card(filter: &InstalledFilter, versions: Vec<PackageVersion>) -> AnyView {
    let name = filter.name.as_ref().map_or("", Exact::as_str).to_owned();
    let all: u64 = versions.iter().map(|version| version.installations).sum();
    let columns = [
        Column::wide("Version"),
        Column::text("Compared by"),
        Column::numeric("Installations"),
        Column::numeric("Share"),
    ];
    let total = versions.len();
    // Systems with different rules can have an equal version, and its link shows both.
    let mut rules: BTreeMap<String, usize> = BTreeMap::new();
    for version in &versions {
        *rules.entry(version.version.clone()).or_default() += 1;
    }
    let row = |PackageVersion { rule, version, installations }: PackageVersion| {
        let is_of_one_rule = rules.get(&version) == Some(&1);
        let of_version = InstalledFilter {
            version: Some(Exact::new(version.clone())),
            older_than: None,
            q: None,
            window: Default::default(),
            ..filter.clone()
        };
        let label = if version.is_empty() { "Version not reported".to_owned() } else { version };
        let href = links::installed(&of_version);
        cells![
            view! { <a href=href.clone()><bdi class="mono">{label.clone()}</bdi></a> },
            rule,
            figure_or_plain(installations, is_of_one_rule.then_some(href), format!("installations of {label}")),
            format!("{} %", format::percent(installations, all)),
        ]
    };
    let mut rows = versions.into_iter().map(row);
    let shown: Vec<_> = rows.by_ref().take(VERSIONS_SHOWN).collect();
    let folded: Vec<_> = rows.collect();
    let more = (!folded.is_empty()).then(|| {
        let summary = format!("{} more", plural(folded.len() as u64, "version", "versions"));
        view! { <details><summary>{summary}</summary>{data_table("More versions", &columns, folded.into_iter())}</details> }
    });
    Card::new("versions", name)
        .note(plural(total as u64, "version", "versions"))
        .content(view! { {data_table("Versions", &columns, shown.into_iter())} {more} })
}

fn cell(row: &InstalledRow, column: &column::Column) -> Option<AnyView> {
    let cell = match column.name {
        "instance_name" => {
            let id = row.instance_id.to_string();
            view! {
                <a class="name" href=links::instance(&row.instance_id)><bdi>{row.instance_name.clone()}</bdi></a>
                <span class="secondary mono">{(id != row.instance_name).then_some(id)}</span>
            }
            .into_any()
        }
        "name" => {
            let filter = InstalledFilter { name: Some(Exact::new(row.name.clone())), ..InstalledFilter::default() };
            view! {
                <a href=links::installed(&filter)><bdi>{row.name.clone()}</bdi></a>
                <span class="secondary"><bdi>{row.architecture.clone()}</bdi></span>
            }
            .into_any()
        }
        "account_name" => {
            account_cell(&row.account_id, row.account_name.clone(), &row.provider, row.customer_name.clone())
        }
        "platform_name" => view! {
            <bdi>{row.platform_name.clone()}</bdi><span class="secondary"><bdi>{row.platform_version.clone()}</bdi></span>
        }
        .into_any(),
        _ => return None,
    };
    Some(cell)
}
