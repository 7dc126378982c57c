//! How the keys of a page are found where its rows show more than that needs.

use crate::builder::{QueryBuilder, direction};
use muster_model::{filter::Direction, page::Window};
use muster_store::error::StoreError;

/// The statements that find the keys of a page, count the list, and read the page's rows.
pub struct KeySearch<'a> {
    /// Has the filters of the list and what it is sorted by, and may lack what only its rows show.
    pub builder: QueryBuilder<'a>,
    /// Reads the rows of a page without what is only shown of some rows.
    pub plain: QueryBuilder<'a>,
    /// A condition on the rows that `plain` lacks something of.
    pub is_not_plain: &'static str,
    /// The column that the list is sorted by first, if it has few values.
    pub sorted_by: Option<FirstColumn>,
}

/// A column with few values, sorted by a rank.
#[derive(Clone, Copy)]
pub struct FirstColumn {
    pub column: &'static str,
    pub rank: &'static str,
    pub direction: Direction,
}

/// The rows of one value.
struct Counted {
    value: String,
    rank: i64,
    rows: u64,
}

impl<'a> KeySearch<'a> {
    /// Counts the rows of the list by the values of its first column, and limits the search to the values of the rows in
    /// the window. Returns the limited search, the window in it, and the number of all rows if they were counted.
    pub fn narrowed(
        &self,
        what: &'static str,
        from: &str,
        window: Window,
    ) -> Result<(QueryBuilder<'a>, Window, Option<u64>), StoreError> {
        let mut search = self.builder.clone();
        let Some(FirstColumn { column, rank, direction: order }) = self.sorted_by else {
            return Ok((search, window, None));
        };
        let statement = format!(
            "SELECT {column}, {rank} AS rank, rows FROM (SELECT {column}, count(*) AS rows{from}\nGROUP BY {column})
             ORDER BY rank {}",
            direction(order)
        );
        let counted = self
            .builder
            .rows(what, &statement, |row| Ok(Counted { value: row.get(0)?, rank: row.get(1)?, rows: row.get(2)? }))?;
        let total = counted.iter().map(|counted| counted.rows).sum();
        let (values, skipped) = values_in(&counted, window);
        if values.len() < counted.len() {
            search.filter_in(column, values);
        }
        Ok((search, Window { offset: window.offset - skipped, ..window }, Some(total)))
    }
}

/// Returns the values of the rows in the window, and the number of rows that their lack puts before it. Values of the
/// same rank are sorted by other columns, so all of them are in the window or none.
fn values_in(counted: &[Counted], window: Window) -> (Vec<String>, u64) {
    let end = window.offset + u64::from(window.limit);
    let (mut values, mut skipped, mut start) = (Vec::new(), 0, 0);
    for same_rank in counted.chunk_by(|one, other| one.rank == other.rank) {
        let next = start + same_rank.iter().map(|counted| counted.rows).sum::<u64>();
        if next <= window.offset {
            skipped = next;
        } else if start < end {
            values.extend(same_rank.iter().map(|counted| counted.value.clone()));
        }
        start = next;
    }
    (values, skipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_values_of_a_window_are_searched() {
        let counted = [("Failed", 5, 3), ("Missing", 4, 10), ("Other", 0, 2), ("Installed", 0, 100)]
            .map(|(value, rank, rows)| Counted { value: value.to_owned(), rank, rows });
        let values = |offset, limit| {
            let (values, skipped) = values_in(&counted, Window { offset, limit });
            (values.join(" "), skipped)
        };
        assert_eq!(values(0, 3), ("Failed".to_owned(), 0));
        assert_eq!(values(0, 4), ("Failed Missing".to_owned(), 0));
        assert_eq!(values(3, 10), ("Missing".to_owned(), 3));
        assert_eq!(values(12, 2), ("Missing Other Installed".to_owned(), 3));
        assert_eq!(values(50, 50), ("Other Installed".to_owned(), 13));
        assert_eq!(values(115, 50), (String::new(), 115));
    }
}
