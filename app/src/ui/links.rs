//! Where links go: every address of the portal is built here, through the filters that read it again.

mod figures;
mod list;
mod pager;

pub use figures::{
    AccountLinks, InstanceLinks, account, changes, changes_file, harvest, instance, instance_tab, instances, overview,
    service_level, service_level_file, trend_export, updates,
};
pub use list::{Listed, Sorted, export, hidden_pairs, sort_link};
pub use pager::pager;

use crate::model::past::AS_OF;
use jiff::civil::Date;
use leptos::prelude::*;

/// The day at whose end everything on the page is shown, if it is not the present; the server hands it to each page.
#[derive(Clone, Copy, Debug)]
pub struct AsOf(pub Option<Date>);

/// The first day of which everything is still known, if anything was dropped; the server hands it to each page.
#[derive(Clone, Copy, Debug)]
pub struct KeptSince(pub Option<Date>);

/// The first day that can be looked back to, where there is one.
pub fn first_day() -> Option<Date> {
    use_context::<KeptSince>().and_then(|KeptSince(day)| day)
}

/// The day that the page shows, for its links: whoever looks at a past day stays there.
pub fn shown_day() -> Option<Date> {
    use_context::<AsOf>().and_then(|AsOf(day)| day)
}

/// A path, which may have a query string already, with a query string, and with the day that the page shows.
pub fn with_query(path: &str, query: &str) -> String {
    let names_day = query.split('&').chain(path.split(['?', '&'])).any(|pair| pair.starts_with("as_of="));
    let day = shown_day().filter(|_| !names_day).map(|day| format!("{AS_OF}={day}"));
    join(path, [query, day.as_deref().unwrap_or_default()])
}

/// The same page on another day, or in the present.
pub fn on_day(path: &str, query: &str, day: Option<Date>) -> String {
    let rest = form_urlencoded::Serializer::new(String::new()).extend_pairs(hidden_pairs(query, &[AS_OF])).finish();
    let day = day.map(|day| format!("{AS_OF}={day}"));
    join(path, [&rest, day.as_deref().unwrap_or_default()])
}

/// Without a lonely question mark.
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
    fn an_address_has_one_question_mark_and_the_days_before_it_none() {
        assert_eq!(with_query("/instances", ""), "/instances");
        assert_eq!(with_query("/instances", "q=a"), "/instances?q=a");
        assert_eq!(with_query("/instances/i-1?tab=runs", "page=2"), "/instances/i-1?tab=runs&page=2");
    }

    #[test]
    fn another_day_keeps_the_rest_of_the_address_but_not_the_page() {
        let query = "status=failed&as_of=2026-10-31&page=3";
        assert_eq!(on_day("/instances", query, None), "/instances?status=failed");
        let day = Some(date(2026, 11, 1));
        assert_eq!(on_day("/instances", query, day), "/instances?status=failed&as_of=2026-11-01");
        assert_eq!(on_day("/", "", day), "/?as_of=2026-11-01");
    }

    #[test]
    fn who_looks_at_a_day_stays_there() {
        Owner::new().with(|| {
            provide_context(AsOf(Some(date(2026, 10, 31))));
            assert_eq!(with_query("/harvest", ""), "/harvest?as_of=2026-10-31");
            assert_eq!(with_query("/instances?as_of=2026-10-31", "q=a"), "/instances?as_of=2026-10-31&q=a");
            assert_eq!(with_query("/updates", "q=a&as_of=2026-10-30"), "/updates?q=a&as_of=2026-10-30");
        });
    }
}
