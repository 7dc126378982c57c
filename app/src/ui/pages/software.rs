//! `/software`: the packages that are installed, those on most instances first.

mod installed;

pub use installed::installed_page;

use crate::{
    model::{Exact, InstalledFilter, PackageFilter, PackageRow, Page, SoftwareKind, column::Column},
    ui::prelude::*,
};

const COLUMNS: [&str; 6] = ["name", "kind", "publisher", "versions", "installations", "unreported"];

pub fn software_page() -> AnyView {
    filtered_page("/software", rpc::packages, show)
}

fn show(page: Filtered<PackageFilter>, data: Page<PackageRow>) -> AnyView {
    let filter = &page.filter;
    let href = |window| links::packages(&PackageFilter { window, ..filter.clone() });
    let empty = no_rows(&data, "packages", "/software");
    let content = paged(&data, filter.window, href, empty, |rows| {
        let columns = columns_named::<PackageRow>(&COLUMNS);
        let headings = sort_headings("/software", filter, &columns);
        let cell = |row: &PackageRow, column: &Column| cell(filter, row, column);
        list_table(("Software", "responsive-table dense"), headings, &columns, "name", rows, &cell)
    });
    view! {
        <Title text="Software" />
        <div class="page-header"><h1>"Software"</h1>{as_of_line(data.as_of)}</div>
        {page.form()}
        {Card::new("list", plural(data.total, "package", "packages"))
            .note("Of current instances with an inventory")
            .actions(export_links("packages", |excel| export("packages", filter, excel)))
            .content(content)}
    }
    .into_any()
}

fn cell(filter: &PackageFilter, row: &PackageRow, column: &Column) -> Option<AnyView> {
    let installed = filter.installed(row);
    let cell = match column.name {
        "name" => {
            view! { <a class="name" href=links::installed(&installed)><bdi>{row.name.clone()}</bdi></a> }.into_any()
        }
        "kind" => row.kind.label().into_any(),
        // Hotfixes have no versions.
        "versions" | "unreported" if row.kind == SoftwareKind::Hotfix => {
            view! { <span class="muted">"\u{2014}"</span> }.into_any()
        }
        "versions" => figure_or_plain(row.versions, None, String::new()),
        "installations" => {
            figure(row.installations, links::installed(&installed), format!("installations of {}", row.name))
        }
        "unreported" => {
            let unreported = InstalledFilter { version: Some(Exact::default()), ..installed };
            let href = links::installed(&unreported);
            figure(row.unreported, href, format!("installations of {} without a version", row.name))
        }
        _ => return None,
    };
    Some(cell)
}
