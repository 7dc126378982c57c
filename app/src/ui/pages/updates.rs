//! `/updates`: one row per update on each instance; *pending OS updates* counts its rows.

mod table;

pub use table::{FIGURE_12, table_of, updates_table};

use crate::{
    model::{filter::UpdateFilter, overview::Choices, page::Page, update::UpdateRow},
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

pub fn updates_page() -> AnyView {
    page("/updates", load, show)
}

async fn load(at: Address) -> Result<(Page<UpdateRow>, Choices), RpcError> {
    Ok((rpc::updates(at.query).await?, rpc::choices().await?))
}

fn show(at: Address, (data, choices): (Page<UpdateRow>, Choices)) -> AnyView {
    let filter = UpdateFilter::from_query(&at.query).unwrap_or_default();
    let (shown, total) = (data.rows.len(), data.total);
    let content = match shown {
        0 => no_matches("updates", "/updates".to_owned()),
        _ => updates_table(&filter, data.rows),
    };
    let pager =
        pagination(total, shown, filter.window, |window| links::updates(&UpdateFilter { window, ..filter.clone() }));
    view! {
        <Title text="Updates" />
        <div class="page-header"><h1>"Updates"</h1>{as_of_line(data.as_of)}</div>
        {filter_form("updates", "/updates", &at.query, &filter, &choices)}
        <section class="card" aria-label="List of updates">
            <div class="card-header">
                <h2>{plural(total, "update", "updates")}</h2>
                <span class="muted">"One row per update on each instance"</span>
                {export_links("updates", export("updates", &filter, false), export("updates", &filter, true))}
            </div>
            {content} {pager}
        </section>
    }
    .into_any()
}
