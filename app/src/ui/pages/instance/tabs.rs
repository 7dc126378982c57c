//! The tabs of the instance page: the one that a URL selects, the query string of its list, and the links to all of them.

use crate::{
    model::{
        Choices, Filter, InstanceId, InstancePage, OfInstance,
        query_string::{Params, QueryError, QueryWriter},
    },
    ui::prelude::*,
};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    Updates,
    History,
    Software,
    Runs,
}

impl Tab {
    pub const ALL: [(&'static str, Self); 4] =
        [("updates", Self::Updates), ("history", Self::History), ("software", Self::Software), ("runs", Self::Runs)];

    pub fn code(self) -> &'static str {
        Self::ALL.iter().find(|(_, tab)| *tab == self).map_or("", |(code, _)| code)
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Updates => "Updates",
            Self::History => "History",
            Self::Software => "Software",
            Self::Runs => "Runs",
        }
    }

    /// The address of this tab; the first tab is the default and is not named.
    pub fn href(self, instance: &InstanceId) -> String {
        match self {
            Self::Updates => links::instance(instance),
            tab => links::instance_tab(instance, tab.code()),
        }
    }

    /// The form above the list of this tab.
    pub fn form<F: Filter>(self, instance: &InstanceId, query: &str, filter: &F, keys: &[&str]) -> AnyView {
        let query = match self {
            Self::Updates => query.to_owned(),
            tab => format!("tab={}&{query}", tab.code()),
        };
        let path = links::instance(instance);
        let form = short_filter_form(self.code(), &path, &query, (filter, keys), &Choices::default());
        view! { <div class="card-body compact">{form}</div> }.into_any()
    }

    /// The address of a list on this tab.
    pub fn list_href(self, instance: &InstanceId, query: &str) -> String {
        with_query(&self.href(instance), query)
    }
}

/// Splits a page's query string into the tab and the query string of its list.
pub fn split(query: &str) -> Result<(Tab, String), QueryError> {
    let tab = Params::parse(query).choice("tab", &Tab::ALL)?.unwrap_or_default();
    let rest = form_urlencoded::parse(query.as_bytes())
        .filter(|(key, value)| key != "tab" && !value.is_empty())
        .fold(QueryWriter::default(), |writer, (key, value)| writer.text(&key, Some(&value)));
    Ok((tab, rest.finish()))
}

/// Downloads of one of the instance's whole lists.
pub fn instance_exports<F: Filter>(view: &'static str, list: &OfInstance<F>) -> AnyView {
    export_links(view, |excel| links::file(view, list.to_export_query(), excel))
}

/// The tabs as links, with the number of rows in each.
pub fn tabs(page: &InstancePage, current: Tab) -> AnyView {
    let tabs = Tab::ALL.map(|(_, tab)| {
        let rows = match tab {
            Tab::Updates => page.states.iter().map(|count| count.updates).sum(),
            Tab::History => page.transitions,
            Tab::Software => page.software,
            Tab::Runs => page.runs,
        };
        let current = (tab == current).then_some("page");
        view! {
            <li>
                <a href=tab.href(&page.instance.instance_id) aria-current=current>
                    {tab.label()}" "<span class="muted">{count(rows)}</span>
                </a>
            </li>
        }
    });
    view! { <nav class="tabs" aria-label="Instance details"><ul>{tabs.collect_view()}</ul></nav> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tab_is_taken_out_and_the_rest_is_the_lists() {
        assert_eq!(split(""), Ok((Tab::Updates, String::new())));
        assert_eq!(split("state=Missing%2CFailed&q="), Ok((Tab::Updates, "state=Missing%2CFailed".to_owned())));
        assert_eq!(split("tab=history&page=2"), Ok((Tab::History, "page=2".to_owned())));
        assert!(split("tab=weather").is_err());
    }

    #[test]
    fn a_tabs_address_leads_back_to_it() {
        let id: InstanceId = "i-0cb2b964d3e14fd9f".parse().expect("an id");
        for (_, tab) in Tab::ALL {
            let href = tab.list_href(&id, "page=2");
            let (_, query) = href.split_once('?').expect(&href);
            assert_eq!(split(query), Ok((tab, "page=2".to_owned())), "{href}");
            assert_eq!(split(tab.href(&id).split_once('?').map_or("", |(_, query)| query)), Ok((tab, String::new())));
        }
    }
}
