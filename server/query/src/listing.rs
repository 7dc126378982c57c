//! A list before it is read: counted, read in windows for pages, or row by row for files.

use super::bind::Question;
use duckdb::{Connection, Row};
use muster_model::page::Window;
use muster_store::error::StoreError;
use std::ops::ControlFlow;

/// What a list is of: there are as many rows, as no list groups.
const ROWS: &str = "\nFROM ";

/// Longer pages are read at once: each row that was found is bound.
const FOUND_FIRST_MAX: u32 = 100;

pub struct Listing<T> {
    source: Source<T>,
}

/// How a list of one kind is asked for.
pub type Lists<F, T> = fn(&Connection, super::bind::Context<'_>, &F) -> Result<Listing<T>, StoreError>;

enum Source<T> {
    Asked(Box<Asked<T>>),
    Made(Vec<T>),
}

struct Asked<T> {
    question: Question,
    what: &'static str,
    statement: &'static str,
    /// What tells its rows apart, if pages are found by these columns first.
    told_apart_by: Option<&'static str>,
    order: String,
    read: fn(&Row<'_>) -> duckdb::Result<T>,
}

impl<T> Listing<T> {
    /// What a statement with `{order}` in it gives.
    pub fn asked(
        question: Question,
        what: &'static str,
        statement: &'static str,
        order: impl Into<String>,
        read: fn(&Row<'_>) -> duckdb::Result<T>,
    ) -> Self {
        let asked = Asked { question, what, statement, told_apart_by: None, order: order.into(), read };
        Self { source: Source::Asked(Box::new(asked)) }
    }

    /// The rows of a page are found first, by these numbers that tell them apart; the first is the key of `f`'s instance. To
    /// look up all that is shown of rows only to leave them out would take longer.
    pub fn told_apart_by(mut self, columns: &'static str) -> Self {
        if let Source::Asked(asked) = &mut self.source {
            asked.told_apart_by = Some(columns);
        }
        self
    }

    /// A list that is short by its nature and was read already.
    pub fn made(rows: Vec<T>) -> Self {
        Self { source: Source::Made(rows) }
    }

    pub fn total(&self, connection: &Connection) -> Result<u64, StoreError> {
        match &self.source {
            Source::Asked(asked) => asked.total(connection),
            Source::Made(rows) => Ok(rows.len() as u64),
        }
    }

    /// The total and the rows of a window; all of them without one.
    pub fn page(self, connection: &Connection, window: Option<Window>) -> Result<(u64, Vec<T>), StoreError> {
        match self.source {
            Source::Asked(asked) => asked.page(connection, window),
            Source::Made(rows) => Ok((rows.len() as u64, rows)),
        }
    }

    /// The rows of a window, for who knows how many there are.
    pub fn rows(self, connection: &Connection, window: Window) -> Result<Vec<T>, StoreError> {
        match self.source {
            Source::Asked(asked) => asked.rows(connection, Some(window)),
            Source::Made(rows) => Ok(rows),
        }
    }

    /// Hands over every row in the list's order, and never has more than a few in memory. Ends early where told to.
    pub fn each(self, connection: &Connection, mut take: impl FnMut(T) -> ControlFlow<()>) -> Result<(), StoreError> {
        match self.source {
            Source::Asked(asked) => {
                let statement = asked.ordered();
                asked.question.each(connection, asked.what, &statement, asked.read, take)
            }
            Source::Made(rows) => {
                let _ = rows.into_iter().try_for_each(&mut take);
                Ok(())
            }
        }
    }
}

/// The statement that counts a list's rows. Counted with what is shown of them, that would be looked up too.
pub fn counting(list: &str) -> String {
    format!("SELECT count(*){}", rows_of(&list.replace("{order}", "")))
}

/// A list's statement from where it says what its rows are.
fn rows_of(statement: &str) -> &str {
    statement.rfind(ROWS).map_or(statement, |from| &statement[from..])
}

impl<T> Asked<T> {
    fn ordered(&self) -> String {
        self.statement.replace("{order}", &format!("ORDER BY {}", self.order))
    }

    fn total(&self, connection: &Connection) -> Result<u64, StoreError> {
        self.question.row(connection, self.what, &counting(self.statement), |row| row.get(0))
    }

    fn page(self, connection: &Connection, window: Option<Window>) -> Result<(u64, Vec<T>), StoreError> {
        let rows = self.rows(connection, window)?;
        let end = window.map_or(0, |window| window.offset) + rows.len() as u64;
        // What ends before the page does need not be counted.
        let is_over = window
            .is_none_or(|Window { offset, limit }| rows.len() < limit as usize && (offset == 0 || !rows.is_empty()));
        let total = if is_over { end } else { self.total(connection)? };
        Ok((total, rows))
    }

    fn rows(&self, connection: &Connection, window: Option<Window>) -> Result<Vec<T>, StoreError> {
        let Some(Window { offset, limit: count }) = window else {
            return self.question.rows(connection, self.what, &self.ordered(), self.read);
        };
        let mut question = self.question.clone();
        let limit = question.bind(i64::from(count));
        let offset = question.bind(i64::try_from(offset).unwrap_or(i64::MAX));
        let (all, window) = (self.ordered(), format!("LIMIT {limit} OFFSET {offset}"));
        let Some(columns) = self.told_apart_by.filter(|_| !question.is_narrowed() && count <= FOUND_FIRST_MAX) else {
            return question.rows(connection, self.what, &format!("{all}\n{window}"), self.read);
        };
        let keys = 0..columns.split(',').count();
        let finding = format!("SELECT {columns}{}\n{window}", rows_of(&all));
        let found: Vec<Vec<i64>> = question
            .rows(connection, self.what, &finding, |row| keys.clone().map(|column| row.get(column)).collect())?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let mut question = self.question.clone();
        question.only_rows(columns, &found);
        question.rows(connection, self.what, &all, self.read)
    }
}
