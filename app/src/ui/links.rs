//! Every address of the portal, built from the filters that also parse it.

mod figures;
mod list;
mod pager;

pub use figures::{
    AccountLinks, INSTALLED, InstanceLinks, RUN_RESULTS, UPDATE_LIST, account, calendar, calendar_file, changes,
    changes_export, counted_updates, coverage, exceptions, exposure, harvest, harvest_in, installed, instance,
    instance_tab, instances, overview, packages, patch, patches, results_of_run, run, run_results, runs,
    service_level_export, trend_export, updates,
};
pub use list::{Listed, Sorted, export, file, hidden_pairs, sort_link};
pub use pager::pager;

use crate::model::past::AS_OF;
use jiff::civil::Date;
use leptos::prelude::*;

/// The past day as of whose end the page is shown, if any; the server provides it to each page.
#[derive(Clone, Copy, Debug)]
pub struct AsOf(pub Option<Date>);

/// The first day with complete history, if older history was dropped; the server provides it to each page.
#[derive(Clone, Copy, Debug)]
pub struct KeptSince(pub Option<Date>);

/// The day on which the reader last opened the customers' board; the server provides it to that page.
#[derive(Clone, Copy, Debug)]
pub struct LastLook(pub Date);

/// The earliest day that can be shown, if history was dropped.
pub fn kept_since() -> Option<Date> {
    use_context::<KeptSince>().and_then(|KeptSince(day)| day)
}

/// The past day that the page shows, which its links keep.
pub fn as_of_day() -> Option<Date> {
    use_context::<AsOf>().and_then(|AsOf(day)| day)
}

/// A path, which may have a query string already, with more query string and the as-of day of the page.
pub fn with_query(path: &str, query: &str) -> String {
    let names_day = query.split('&').chain(path.split(['?', '&'])).any(|pair| pair.starts_with("as_of="));
    let day = as_of_day().filter(|_| !names_day).map(|day| format!("{AS_OF}={day}"));
    join(path, [query, day.as_deref().unwrap_or_default()])
}

/// The same page as of another day, or with current data.
pub fn with_as_of(path: &str, query: &str, day: Option<Date>) -> String {
    let rest = form_urlencoded::Serializer::new(String::new()).extend_pairs(hidden_pairs(query, &[AS_OF])).finish();
    let day = day.map(|day| format!("{AS_OF}={day}"));
    join(path, [&rest, day.as_deref().unwrap_or_default()])
}

/// Appends the query strings that are not empty.
fn join(path: &str, queries: [&str; 2]) -> String {
    queries.into_iter().filter(|query| !query.is_empty()).fold(path.to_owned(), |address, query| {
        let mark = if address.contains('?') { '&' } else { '?' };
        format!("{address}{mark}{query}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn joins_query_strings_with_one_question_mark() {
        assert_eq!(with_query("/instances", ""), "/instances");
        assert_eq!(with_query("/instances", "q=a"), "/instances?q=a");
        assert_eq!(with_query("/instances/i-1?tab=runs", "page=2"), "/instances/i-1?tab=runs&page=2");
    }

    #[test]
    fn another_day_keeps_the_query_string_except_the_page_number() {
        let query = "status=failed&as_of=2026-10-31&page=3";
        assert_eq!(with_as_of("/instances", query, None), "/instances?status=failed");
        let day = Some(date(2026, 11, 1));
        assert_eq!(with_as_of("/instances", query, day), "/instances?status=failed&as_of=2026-11-01");
        assert_eq!(with_as_of("/", "", day), "/?as_of=2026-11-01");
    }

    #[test]
    fn links_keep_the_as_of_day() {
        Owner::new().with(|| {
            provide_context(AsOf(Some(date(2026, 10, 31))));
            assert_eq!(with_query("/harvest", ""), "/harvest?as_of=2026-10-31");
            assert_eq!(with_query("/instances?as_of=2026-10-31", "q=a"), "/instances?as_of=2026-10-31&q=a");
            assert_eq!(with_query("/updates", "q=a&as_of=2026-10-30"), "/updates?q=a&as_of=2026-10-30");
        });
    }
}
