//! The Updates table of an instance, pending updates first.

use super::tabs::Tab;
use crate::{
    model::{InstanceId, Page, StateCount, UpdateFilter, UpdateRow, UpdateState},
    ui::{
        pages::updates::{FIGURE_12, table_of_instance},
        prelude::*,
    },
};

pub fn updates_card(id: &InstanceId, page: Page<UpdateRow>, query: &str, counts: &[StateCount]) -> AnyView {
    let filter = UpdateFilter { instance: None, ..UpdateFilter::from_query(query).unwrap_or_default() };
    let path = links::instance(id);
    let href = |window| Tab::Updates.list_href(id, &UpdateFilter { window, ..filter.clone() }.to_query());
    let empty = no_matches("updates of this instance", &path);
    let content = paged(&page, filter.window, href, empty, |rows| {
        table_of_instance((&path, &filter), &columns_named::<UpdateRow>(&FIGURE_12), rows)
    });
    let pending = InstanceLinks(id).updates(&UpdateState::PENDING, None);
    let exported = UpdateFilter { instance: Some(id.clone()), ..filter.clone() };
    let form = Tab::Updates.form(id, query, &filter, &["q", "state", "severity"]);
    let actions = view! {
        <a class="button" href=pending>"Show pending only"</a>
        {export_links("updates", |excel| export("updates", &exported, excel))}
    };
    Card::new("list", "Updates").note(summary(counts)).actions(actions).content((form, content))
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
