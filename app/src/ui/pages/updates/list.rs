//! `/updates/list`: one row per update on each instance; *pending OS updates* counts its rows.

use super::{table::updates_table, view_switch};
use crate::{
    model::{Page, UpdateFilter, UpdateRow},
    ui::prelude::*,
};

pub fn update_list_page() -> AnyView {
    filtered_page(links::UPDATE_LIST, rpc::updates, show)
}

fn show(page: Filtered<UpdateFilter>, data: Page<UpdateRow>) -> AnyView {
    let filter = &page.filter;
    let href = |window| links::updates(&UpdateFilter { window, ..filter.clone() });
    let empty = no_rows(&data, "updates", links::UPDATE_LIST);
    let content = paged(&data, filter.window, href, empty, |rows| updates_table(filter, rows));
    view! {
        <Title text="Updates of instances" />
        <div class="page-header"><h1>"Updates of instances"</h1>{as_of_line(data.as_of)}</div>
        {view_switch(filter, true)}
        {page.form()}
        <section class="card" aria-label="List of updates">
            <div class="card-header">
                <h2>{plural(data.total, "update", "updates")}</h2>
                <span class="muted">"One row per update on each instance"</span>
                {export_links("updates", |excel| export("updates", filter, excel))}
            </div>
            {content}
        </section>
    }
    .into_any()
}
