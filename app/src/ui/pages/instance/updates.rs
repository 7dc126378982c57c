//! The Updates table (Figure 12): pending first.

use super::tab::Tab;
use crate::{
    model::{
        filter::UpdateFilter,
        ids::InstanceId,
        instance::StateCount,
        overview::Choices,
        page::Page,
        update::{UpdateRow, UpdateState},
    },
    ui::{
        format::count,
        links::{self, InstanceLinks, export},
        pages::updates::{FIGURE_12, table_of},
        parts::{columns_named, export_links, nothing_left, pager_nav, short_filter_form},
    },
};
use leptos::prelude::*;

pub fn updates_card(id: &InstanceId, page: Page<UpdateRow>, query: &str, counts: &[StateCount]) -> AnyView {
    let filter = UpdateFilter { instance: None, ..UpdateFilter::from_query(query).unwrap_or_default() };
    let path = links::instance(id);
    let (shown, total) = (page.rows.len(), page.total);
    let content = match shown {
        0 => nothing_left("updates of this instance", path.clone()),
        _ => {
            let columns = columns_named::<UpdateRow>(&FIGURE_12);
            table_of("Updates of this instance", "stack", (&path, &filter), &columns, &page.rows)
        }
    };
    let pager = pager_nav(total, shown, filter.window, |window| {
        Tab::Updates.list_href(id, &UpdateFilter { window, ..filter.clone() }.to_query())
    });
    let pending = InstanceLinks(id).updates(&[UpdateState::Missing, UpdateState::Failed], None);
    let file = UpdateFilter { instance: Some(id.clone()), ..filter.clone() };
    let keys = (&filter, ["q", "state", "severity"].as_slice());
    let form = short_filter_form("updates", &path, query, keys, &Choices::default());
    view! {
        <section class="card" aria-labelledby="list">
            <div class="card-head">
                <h2 id="list">"Updates"</h2>
                <span class="soft">{in_words(counts)}</span>
                <a class="button" href=pending>"Only pending"</a>
                {export_links("updates", export("updates", &file, false), export("updates", &file, true))}
            </div>
            <div class="pad tight">{form}</div>
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
