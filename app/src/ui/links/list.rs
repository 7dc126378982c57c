//! What all lists share: an order, a page, and a query string that holds both.

use super::with_query;
use crate::model::{
    AccountFilter, AccountRow, CalendarFilter, CalendarRow, CoverageFilter, CoverageRow, CustomerRow, CustomersFilter,
    Direction, ExceptionFilter, ExceptionRow, ExposureFilter, ExposureRow, Filter, InstalledFilter, InstalledRow,
    InstanceFilter, InstanceRow, InvocationRow, Order, PackageFilter, PackageRow, PatchFilter, PatchRow,
    RunResultsFilter, RunRow, RunsFilter, UpdateFilter, UpdateRow, Window,
    column::{Column, Columns},
};

/// A filter whose list can be sorted and paged by links.
pub trait Listed: Filter + Clone {
    type Row: Columns;

    fn order(&self) -> Order<Self::Row>;
    fn ordered(self, order: Order<Self::Row>) -> Self;
    fn windowed(self, window: Window) -> Self;
}

macro_rules! listed {
    ($($filter:ty, $row:ty);+) => {$(
        impl Listed for $filter {
            type Row = $row;

            fn order(&self) -> Order<$row> {
                self.order
            }

            fn ordered(self, order: Order<$row>) -> Self {
                Self { order, ..self }
            }

            fn windowed(self, window: Window) -> Self {
                Self { window, ..self }
            }
        }
    )+};
}

listed!(InstalledFilter, InstalledRow; PackageFilter, PackageRow; AccountFilter, AccountRow; CalendarFilter, CalendarRow; CoverageFilter, CoverageRow; CustomersFilter, CustomerRow; ExceptionFilter, ExceptionRow; ExposureFilter, ExposureRow; InstanceFilter, InstanceRow; PatchFilter, PatchRow; RunsFilter, RunRow; RunResultsFilter, InvocationRow; UpdateFilter, UpdateRow);

/// A column's current order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sorted {
    No,
    Ascending,
    Descending,
}

/// The link in a column's heading: sorts by it, or reverses the order that is by it already. None where the list cannot be
/// sorted by it.
pub fn sort_link<F: Listed>(path: &str, filter: &F, column: &Column) -> Option<(String, Sorted)> {
    let present = filter.order();
    let (next, sorted) = match (present.is_by(column), present.direction) {
        (false, _) => (Order::by(column.sort.map(|_| column.key)?), Sorted::No),
        (true, Direction::Ascending) => (present.reversed(), Sorted::Ascending),
        (true, Direction::Descending) => (present.reversed(), Sorted::Descending),
    };
    let first_page = Window { offset: 0, limit: filter.window().limit };
    Some((with_query(path, &filter.clone().ordered(next).windowed(first_page).to_query()), sorted))
}

/// The download of a whole list: the page's query string without its page number.
pub fn export<F: Listed>(view: &str, filter: &F, excel: bool) -> String {
    file(view, filter.clone().windowed(Window::default()).to_query(), excel)
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

    fn column(name: &str) -> Column {
        InstanceRow::columns().into_iter().find(|column| column.name == name).expect("a column")
    }

    #[test]
    fn a_heading_sorts_and_returns_to_the_first_page() {
        let filter = InstanceFilter::from_query("status=failed&page=3&per_page=100").expect("a filter");
        let link = sort_link("/instances", &filter, &column("last_scan_at"));
        assert_eq!(link, Some(("/instances?status=failed&sort=last_scan_at&per_page=100".to_owned(), Sorted::No)));
    }

    #[test]
    fn the_heading_of_the_sorted_column_reverses_the_order() {
        let filter = InstanceFilter::from_query("sort=name").expect("a filter");
        let (href, sorted) = sort_link("/instances", &filter, &column("name")).expect("a link");
        assert_eq!((href.as_str(), sorted), ("/instances?sort=name&dir=desc", Sorted::Ascending));
        let back = InstanceFilter::from_query("sort=name&dir=desc").expect("a filter");
        assert_eq!(sort_link("/instances", &back, &column("name")).expect("a link").0, "/instances?sort=name");
        assert_eq!(sort_link("/instances", &back, &column("region")), None);
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
