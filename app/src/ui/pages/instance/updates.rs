//! The Updates table of an instance, pending updates first.

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
        parts::{Card, columns_named, export_links, no_matches, pagination, short_filter_form},
    },
};
use leptos::prelude::*;

pub fn updates_card(id: &InstanceId, page: Page<UpdateRow>, query: &str, counts: &[StateCount]) -> AnyView {
    let filter = UpdateFilter { instance: None, ..UpdateFilter::from_query(query).unwrap_or_default() };
    let path = links::instance(id);
    let (shown, total) = (page.rows.len(), page.total);
    let content = match shown {
        0 => no_matches("updates of this instance", path.clone()),
        _ => {
            let columns = columns_named::<UpdateRow>(&FIGURE_12);
            let caption = ("Updates of this instance", "responsive-table");
            table_of(caption, (&path, &filter), &columns, &page.rows)
        }
    };
    let pager = pagination(total, shown, filter.window, |window| {
        Tab::Updates.list_href(id, &UpdateFilter { window, ..filter.clone() }.to_query())
    });
    let pending = InstanceLinks(id).updates(&[UpdateState::Missing, UpdateState::Failed], None);
    let exported = UpdateFilter { instance: Some(id.clone()), ..filter.clone() };
    let keys = (&filter, ["q", "state", "severity"].as_slice());
    let form = short_filter_form("updates", &path, query, keys, &Choices::default());
    let actions = view! {
        <a class="button" href=pending>"Show pending only"</a>
        {export_links("updates", export("updates", &exported, false), export("updates", &exported, true))}
    };
    let form = view! { <div class="card-body compact">{form}</div> };
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
