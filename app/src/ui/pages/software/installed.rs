//! `/software/list`: the instances with a package, and its versions.

use crate::{
    model::{Exact, InstalledFilter, InstalledPage, InstalledRow, PackageVersion, column},
    ui::prelude::*,
};

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
    let all: u64 = versions.iter().map(|version| version.instances).sum();
    let columns =
        [Column::wide("Version"), Column::text("Compared by"), Column::numeric("Instances"), Column::numeric("Share")];
    let total = versions.len();
    let row = |PackageVersion { rule, version, instances }: PackageVersion| {
        let of_version = InstalledFilter {
            version: Some(Exact::new(version.clone())),
            older_than: None,
            q: None,
            window: Default::default(),
            ..filter.clone()
        };
        let label = if version.is_empty() { "Version not reported".to_owned() } else { version };
        cells![
            view! { <a href=links::installed(&of_version)><bdi class="mono">{label}</bdi></a> },
            rule,
            count(instances),
            format!("{} %", format::percent(instances, all)),
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
