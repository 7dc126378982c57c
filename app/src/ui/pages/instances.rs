//! `/instances`: every instance in scope, worst first, with search and filters.

mod table;

pub use table::instances_table;

use crate::{
    model::{Direction, InstanceFilter, InstanceRow, Order, Page},
    ui::prelude::*,
};

pub fn instances_page() -> AnyView {
    filtered_page("/instances", rpc::instances, show)
}

fn show(page: Filtered<InstanceFilter>, data: Page<InstanceRow>) -> AnyView {
    let filter = &page.filter;
    let href = |window| links::instances(&InstanceFilter { window, ..filter.clone() });
    let empty = no_rows(&data, "instances", "/instances");
    let content = paged(&data, filter.window, href, empty, |rows| instances_table("/instances", filter, rows));
    view! {
        <Title text="Instances" />
        <div class="page-header"><h1>"Instances"</h1>{as_of_line(data.as_of)}</div>
        {page.form()}
        <section class="card" aria-label="List of instances">
            <div class="card-header">
                <h2>{plural(data.total, "instance", "instances")}</h2>
                <span class="muted">{order_text(filter)}</span>
                {export_links("instances", |excel| export("instances", filter, excel))}
            </div>
            {content}
        </section>
    }
    .into_any()
}

fn order_text(filter: &InstanceFilter) -> &'static str {
    match filter.order.direction {
        _ if filter.order.key != Order::<InstanceRow>::default().key => "Sorted by column",
        Direction::Descending => "Worst first",
        Direction::Ascending => "Best first",
    }
}
