//! `/instances`: every instance in scope, worst first, with search and filters.

mod table;

pub use table::instances_table;

use crate::{
    model::{
        filter::{Direction, InstanceFilter, Order},
        instance::InstanceRow,
        overview::Choices,
        page::Page,
    },
    rpc::{self, RpcError},
    ui::{
        format::plural,
        links::{self, export},
        load::{Address, page},
        parts::{as_of_line, export_links, filter_form, no_matches, pagination},
    },
};
use leptos::prelude::*;
use leptos_meta::Title;

pub fn instances_page() -> AnyView {
    page("/instances", load, show)
}

async fn load(at: Address) -> Result<(Page<InstanceRow>, Choices), RpcError> {
    Ok((rpc::instances(at.query).await?, rpc::choices().await?))
}

fn show(at: Address, (data, choices): (Page<InstanceRow>, Choices)) -> AnyView {
    let filter = InstanceFilter::from_query(&at.query).unwrap_or_default();
    let (shown, total) = (data.rows.len(), data.total);
    let content = match shown {
        0 => no_matches("instances", "/instances".to_owned()),
        _ => instances_table("/instances", &filter, data.rows),
    };
    let pager = pagination(total, shown, filter.window, |window| {
        links::instances(&InstanceFilter { window, ..filter.clone() })
    });
    view! {
        <Title text="Instances" />
        <div class="page-header"><h1>"Instances"</h1>{as_of_line(data.as_of)}</div>
        {filter_form("instances", "/instances", &at.query, &filter, &choices)}
        <section class="card" aria-label="List of instances">
            <div class="card-header">
                <h2>{plural(total, "instance", "instances")}</h2>
                <span class="muted">{order_text(&filter)}</span>
                {export_links("instances", export("instances", &filter, false), export("instances", &filter, true))}
            </div>
            {content} {pager}
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
