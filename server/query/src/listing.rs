//! A list before it is read: it can be counted, read page by page, or streamed row by row into a file.

use crate::builder::{Context, QueryBuilder};
use muster_model::{column::Columns, page::Window};
use muster_store::error::StoreError;
use std::ops::ControlFlow;

/// The start of a statement's source of rows. No list groups, so it has as many rows as the list.
const FROM: &str = "\nFROM ";

/// The most rows of a page whose keys are found first, since each key is bound. Longer pages are read at once.
const KEYS_FIRST_MAX_ROWS: u32 = 100;

pub struct Listing<'a, T> {
    source: Source<'a, T>,
}

/// Prepares a list of one kind.
pub type Lists<F, T> = for<'a> fn(Context<'a>, &F) -> Result<Listing<'a, T>, StoreError>;

enum Source<'a, T> {
    Query(Box<Query<'a, T>>),
    Rows(Vec<T>),
}

struct Query<'a, T> {
    builder: QueryBuilder<'a>,
    what: &'static str,
    statement: &'static str,
    row_key: Option<&'static str>,
    is_counted_with_keys: bool,
    order: String,
    finish: fn(T) -> T,
}

impl<'a, T: Columns> Listing<'a, T> {
    /// Prepares the list of a statement with `{order}` in it.
    pub fn from_query(
        builder: QueryBuilder<'a>,
        what: &'static str,
        statement: &'static str,
        order: impl Into<String>,
    ) -> Self {
        let order = order.into();
        let finish = |row| row;
        let query = Query { builder, what, statement, row_key: None, is_counted_with_keys: false, order, finish };
        Self { source: Source::Query(Box::new(query)) }
    }

    /// Reads a page in two steps: first the keys of its rows, then these rows alone. This is faster where a row shows
    /// much, which would otherwise be looked up for every row before the page. `columns` are integers that identify a
    /// row; the first is the key of instance `f`.
    pub fn row_key(mut self, columns: &'static str) -> Self {
        if let Source::Query(query) = &mut self.source {
            query.row_key = Some(columns);
        }
        self
    }

    /// Counts the list in the statement that finds the keys. All its keys are then in memory at once, so this is for lists
    /// of no more rows than there are instances.
    pub fn count_with_keys(mut self) -> Self {
        if let Source::Query(query) = &mut self.source {
            query.is_counted_with_keys = true;
        }
        self
    }

    /// Completes each row with what SQL does not compute.
    pub fn finish(mut self, finish: fn(T) -> T) -> Self {
        if let Source::Query(query) = &mut self.source {
            query.finish = finish;
        }
        self
    }

    /// Wraps a short list that was read already.
    pub fn from_rows(rows: Vec<T>) -> Self {
        Self { source: Source::Rows(rows) }
    }

    pub fn total(&self) -> Result<u64, StoreError> {
        match &self.source {
            Source::Query(query) => query.total(),
            Source::Rows(rows) => Ok(rows.len() as u64),
        }
    }

    /// Reads the total and the rows of a window; all rows without one.
    pub fn page(self, window: Option<Window>) -> Result<(u64, Vec<T>), StoreError> {
        match self.source {
            Source::Query(query) => query.page(window),
            Source::Rows(rows) => Ok((rows.len() as u64, rows)),
        }
    }

    /// Reads the rows of a window without counting the list.
    pub fn rows(self, window: Window) -> Result<Vec<T>, StoreError> {
        match self.source {
            Source::Query(query) => Ok(query.window(window, false)?.1),
            Source::Rows(rows) => Ok(rows),
        }
    }

    /// Passes on every row in the list's order until `take` breaks off, with only a few rows in memory.
    pub fn each(self, mut take: impl FnMut(T) -> ControlFlow<()>) -> Result<(), StoreError> {
        match self.source {
            Source::Query(query) => {
                let statement = query.ordered();
                query.builder.each(query.what, &statement, |row| take((query.finish)(row)))
            }
            Source::Rows(rows) => {
                let _ = rows.into_iter().try_for_each(&mut take);
                Ok(())
            }
        }
    }
}

/// Returns the statement that counts a list's rows, without looking up what they show.
pub fn count_statement(list: &str) -> String {
    format!("SELECT count(*){}", from_clause(&list.replace("{order}", "")))
}

/// Returns a list's statement from its source of rows on.
fn from_clause(statement: &str) -> &str {
    statement.rfind(FROM).map_or(statement, |from| &statement[from..])
}

impl<T: Columns> Query<'_, T> {
    fn ordered(&self) -> String {
        self.statement.replace("{order}", &format!("ORDER BY {}", self.order))
    }

    fn total(&self) -> Result<u64, StoreError> {
        self.builder.row(self.what, &count_statement(self.statement), |row| row.get(0))
    }

    fn page(self, window: Option<Window>) -> Result<(u64, Vec<T>), StoreError> {
        let Some(window) = window else {
            let rows = self.read(&self.builder, &self.ordered())?;
            return Ok((rows.len() as u64, rows));
        };
        if self.builder.is_by_key() {
            // Planning a second statement would take longer than reading all rows of one instance.
            let (total, rows) = self.builder.read_window(self.what, &self.ordered(), window)?;
            return Ok((total, rows.into_iter().map(self.finish).collect()));
        }
        let (counted, rows) = self.window(window, self.is_counted_with_keys)?;
        // A list that ends within the page need not be counted.
        let is_last_page = rows.len() < window.limit as usize && (window.offset == 0 || !rows.is_empty());
        let total = match counted {
            Some(total) => total,
            None if is_last_page => window.offset + rows.len() as u64,
            None => self.total()?,
        };
        Ok((total, rows))
    }

    /// Reads the rows of a window, and the number of all rows if it `is_counted` with their keys.
    fn window(&self, window: Window, is_counted: bool) -> Result<(Option<u64>, Vec<T>), StoreError> {
        let Window { offset, limit: count } = window;
        let mut page = self.builder.clone();
        let limit = page.bind(i64::from(count));
        let offset = page.bind(i64::try_from(offset).unwrap_or(i64::MAX));
        let (all, window) = (self.ordered(), format!("LIMIT {limit} OFFSET {offset}"));
        let Some(key) = self.row_key.filter(|_| !page.has_instance_filter() && count <= KEYS_FIRST_MAX_ROWS) else {
            return Ok((None, self.read(&page, &format!("{all}\n{window}"))?));
        };
        let columns = key.split(',').count();
        let total = if is_counted { "count(*) OVER ()" } else { "NULL" };
        let statement = format!("SELECT {key}, {total}{}\n{window}", from_clause(&all));
        let mut counted = None;
        let keys: Vec<Vec<i64>> = page.rows(self.what, &statement, |row| {
            counted = row.get(columns)?;
            (0..columns).map(|column| row.get(column)).collect()
        })?;
        if keys.is_empty() {
            return Ok((None, Vec::new()));
        }
        let mut rows = self.builder.clone();
        rows.filter_rows(key, &keys);
        Ok((counted, self.read(&rows, &all)?))
    }

    fn read(&self, builder: &QueryBuilder<'_>, statement: &str) -> Result<Vec<T>, StoreError> {
        let rows = builder.read(self.what, statement)?;
        Ok(rows.into_iter().map(self.finish).collect())
    }
}
