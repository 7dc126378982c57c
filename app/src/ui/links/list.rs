//! What all lists share: an order, a page, and a query string that holds both.

use super::with_query;
use crate::model::{
    filter::{AccountFilter, AccountSort, Direction, InstanceFilter, InstanceSort, UpdateFilter, UpdateSort},
    page::Window,
};

/// A filter whose list can be sorted and paged by links.
pub trait Listed: Clone {
    type Sort: Copy + PartialEq;

    fn order(&self) -> (Self::Sort, Direction);
    fn natural(sort: Self::Sort) -> Direction;
    fn ordered(self, sort: Self::Sort, direction: Direction) -> Self;
    fn window(&self) -> Window;
    fn windowed(self, window: Window) -> Self;
    fn query(&self) -> String;
}

macro_rules! listed {
    ($($filter:ty, $sort:ty);+) => {$(
        impl Listed for $filter {
            type Sort = $sort;

            fn order(&self) -> ($sort, Direction) {
                (self.sort, self.direction)
            }

            fn natural(sort: $sort) -> Direction {
                sort.natural_direction()
            }

            fn ordered(self, sort: $sort, direction: Direction) -> Self {
                Self { sort, direction, ..self }
            }

            fn window(&self) -> Window {
                self.window
            }

            fn windowed(self, window: Window) -> Self {
                Self { window, ..self }
            }

            fn query(&self) -> String {
                self.to_query()
            }
        }
    )+};
}

listed!(AccountFilter, AccountSort; InstanceFilter, InstanceSort; UpdateFilter, UpdateSort);

/// A column's current order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sorted {
    No,
    Ascending,
    Descending,
}

/// The link in a column's heading: sorts by the column, or reverses the order if it is sorted by it already.
pub fn sort_link<F: Listed>(path: &str, filter: &F, sort: F::Sort) -> (String, Sorted) {
    let (current, direction) = filter.order();
    let (next, sorted) = match (current == sort, direction) {
        (false, _) => (F::natural(sort), Sorted::No),
        (true, Direction::Ascending) => (Direction::Descending, Sorted::Ascending),
        (true, Direction::Descending) => (Direction::Ascending, Sorted::Descending),
    };
    let first_page = Window { offset: 0, limit: filter.window().limit };
    (with_query(path, &filter.clone().ordered(sort, next).windowed(first_page).query()), sorted)
}

/// The download of a whole list: the page's query string without its page number.
pub fn export<F: Listed>(view: &str, filter: &F, excel: bool) -> String {
    file(view, filter.clone().windowed(Window::default()).query(), excel)
}

/// The address of a download.
pub fn file(view: &str, mut query: String, excel: bool) -> String {
    if excel {
        query.push_str(if query.is_empty() { "excel=1" } else { "&excel=1" });
    }
    with_query(&format!("/export/{view}.csv"), &query)
}

/// The parameters that a form must send besides its own fields, so that the rest of the query string is kept. The page
/// number is omitted because another filter gives another list.
pub fn hidden_pairs(query: &str, fields: &[&str]) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes())
        .filter(|(key, value)| !value.is_empty() && !fields.contains(&key.as_ref()) && key != "page" && key != "cursor")
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_sorts_and_returns_to_the_first_page() {
        let filter = InstanceFilter::from_query("status=failed&page=3&per_page=100").expect("a filter");
        let link = sort_link("/instances", &filter, InstanceSort::LastScan);
        assert_eq!(link, ("/instances?status=failed&sort=last_scan_at&per_page=100".to_owned(), Sorted::No));
    }

    #[test]
    fn the_heading_of_the_sorted_column_reverses_the_order() {
        let filter = InstanceFilter::from_query("sort=name").expect("a filter");
        let (href, sorted) = sort_link("/instances", &filter, InstanceSort::Name);
        assert_eq!((href.as_str(), sorted), ("/instances?sort=name&dir=desc", Sorted::Ascending));
        let back = InstanceFilter::from_query("sort=name&dir=desc").expect("a filter");
        assert_eq!(sort_link("/instances", &back, InstanceSort::Name).0, "/instances?sort=name");
    }

    #[test]
    fn an_export_keeps_filter_and_order_but_not_the_page() {
        let filter = AccountFilter::from_query("provider=aws&sort=instances&page=2").expect("a filter");
        assert_eq!(export("accounts", &filter, false), "/export/accounts.csv?provider=aws&sort=instances");
        assert_eq!(export("accounts", &AccountFilter::default(), true), "/export/accounts.csv?excel=1");
    }

    #[test]
    fn a_form_keeps_parameters_without_a_field() {
        let pairs = hidden_pairs("q=a+b&sort=name&page=4&status=&agent=latest", &["q", "status"]);
        assert_eq!(pairs, [("sort".to_owned(), "name".to_owned()), ("agent".to_owned(), "latest".to_owned())]);
    }
}
