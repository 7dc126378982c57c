//! A list before it is read: it can be counted, read page by page, or streamed row by row into a file.

pub mod key_search;

use crate::builder::{Context, QueryBuilder};
use key_search::KeySearch;
use muster_model::{
    column::{Columns, Value},
    filter::{Direction, Order},
    page::Window,
};
use muster_store::error::StoreError;
use std::{cmp::Ordering, ops::ControlFlow};

/// The start of a statement's source of rows. No list groups, so it has as many rows as the list.
const FROM: &str = "\nFROM ";

/// The most rows of a page whose keys are found first, since each key is bound. Longer pages are read at once, unless their rows
/// show what takes long to look up.
const KEYS_FIRST_MAX_ROWS: u32 = 100;

pub struct Listing<'a, T> {
    source: Source<'a, T>,
}

/// Prepares a list of one kind.
pub type Lists<F, T> = for<'a> fn(Context<'a>, &F) -> Result<Listing<'a, T>, StoreError>;

enum Source<'a, T> {
    Query(Box<Query<'a, T>>),
    Rows(Vec<T>),
    Reads(Reads<'a, T>),
}

/// Reads the total and the rows of a window; all rows without one.
type Reads<'a, T> = Box<dyn Fn(Option<Window>) -> Result<(u64, Vec<T>), StoreError> + 'a>;

struct Query<'a, T> {
    builder: QueryBuilder<'a>,
    what: &'static str,
    statement: &'static str,
    row_key: Option<&'static str>,
    count: Option<&'static str>,
    found_in: Option<&'static str>,
    key_search: Option<KeySearch<'a>>,
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
        let query = Query {
            builder,
            what,
            statement,
            row_key: None,
            count: None,
            found_in: None,
            key_search: None,
            is_counted_with_keys: false,
            order,
            finish,
        };
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

    /// Finds the keys of a page, and counts the list, by other statements than its rows are read with.
    pub fn search_keys(mut self, search: KeySearch<'a>) -> Self {
        if let Source::Query(query) = &mut self.source {
            query.key_search = Some(search);
        }
        self
    }

    /// Counts the list by a statement of its own, which does not look up what the rows show.
    pub fn count_by(mut self, statement: &'static str) -> Self {
        if let Source::Query(query) = &mut self.source {
            query.count = Some(statement);
        }
        self
    }

    /// Finds the keys of a page, and counts the list, in another source of rows, which does not look up what the rows show. It starts
    /// with `FROM` and has the filters and the order.
    pub fn found_in(mut self, source: &'static str) -> Self {
        if let Source::Query(query) = &mut self.source {
            query.found_in = Some(source);
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

    /// Prepares a list whose pages take several statements to read.
    pub fn from_reads(read: impl Fn(Option<Window>) -> Result<(u64, Vec<T>), StoreError> + 'a) -> Self {
        Self { source: Source::Reads(Box::new(read)) }
    }

    pub fn total(&self) -> Result<u64, StoreError> {
        match &self.source {
            Source::Query(query) => query.total(),
            Source::Rows(rows) => Ok(rows.len() as u64),
            Source::Reads(read) => Ok(read(Some(Window { offset: 0, limit: 1 }))?.0),
        }
    }

    /// Reads the total and the rows of a window; all rows without one.
    pub fn page(self, window: Option<Window>) -> Result<(u64, Vec<T>), StoreError> {
        match self.source {
            Source::Query(query) => query.page(window),
            Source::Rows(rows) => Ok((rows.len() as u64, rows_of(rows, window))),
            Source::Reads(read) => read(window),
        }
    }

    /// Reads the rows of a window alone.
    pub fn rows(self, window: Window) -> Result<Vec<T>, StoreError> {
        match self.source {
            Source::Query(query) => Ok(query.window(window, false)?.1),
            source => Ok(Self { source }.page(Some(window))?.1),
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
            Source::Reads(read) => {
                let _ = read(None)?.1.into_iter().try_for_each(&mut take);
                Ok(())
            }
        }
    }
}

/// Returns the rows of a window; all rows without one.
pub fn rows_of<T>(rows: Vec<T>, window: Option<Window>) -> Vec<T> {
    let Some(Window { offset, limit }) = window else { return rows };
    rows.into_iter().skip(usize::try_from(offset).unwrap_or(usize::MAX)).take(limit as usize).collect()
}

/// Sorts rows that were read already as SQL sorts a list: text without regard to case, and values that are not known last.
pub fn sort_rows<R: Columns>(rows: &mut [R], order: &Order<R>) {
    let Some(column) = R::columns().iter().position(|column| order.is_by(column)) else { return };
    rows.sort_by(|one, other| {
        let (one, other) = (one.values().swap_remove(column), other.values().swap_remove(column));
        match (&one, &other) {
            (Value::None, Value::None) => Ordering::Equal,
            (Value::None, _) => Ordering::Greater,
            (_, Value::None) => Ordering::Less,
            _ => match (one.number(), other.number()) {
                (Some(one), Some(other)) => in_direction(one.total_cmp(&other), order.direction),
                _ => in_direction(one.text().to_lowercase().cmp(&other.text().to_lowercase()), order.direction),
            },
        }
    });
}

fn in_direction(ordering: Ordering, direction: Direction) -> Ordering {
    if direction == Direction::Descending { ordering.reverse() } else { ordering }
}

/// Returns the statement that counts a list's rows, without looking up what they show.
pub fn count_statement(list: &str) -> String {
    format!("SELECT count(*){}", from_clause(&list.replace("{order}", "")))
}

/// Returns a list's statement from its source of rows on, which starts with a line break.
fn from_clause(statement: &str) -> &str {
    statement.rfind(FROM).map_or(statement, |from| &statement[from..])
}

impl<T: Columns> Query<'_, T> {
    fn ordered(&self) -> String {
        self.statement.replace("{order}", &format!("ORDER BY {}", self.order))
    }

    /// Where the keys of a page are found.
    fn found_in(&self) -> &'static str {
        self.found_in.unwrap_or(self.statement)
    }

    fn total(&self) -> Result<u64, StoreError> {
        let count = self.count.map_or_else(|| count_statement(self.found_in()), str::to_owned);
        let builder = self.key_search.as_ref().map_or(&self.builder, |search| &search.builder);
        builder.row(self.what, &count, |row| row.get(0))
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

    /// Reads the rows of a window, and the number of all rows if they were counted on the way: `is_counted` is whether
    /// they are with the keys.
    fn window(&self, window: Window, is_counted: bool) -> Result<(Option<u64>, Vec<T>), StoreError> {
        let all = self.ordered();
        let is_short = window.limit <= KEYS_FIRST_MAX_ROWS || self.found_in.is_some();
        let is_keyed = !self.builder.has_instance_filter() && is_short;
        let Some(key) = self.row_key.filter(|_| is_keyed) else {
            let mut page = self.builder.clone();
            let window = page.bind_window(window);
            return Ok((None, self.read(&page, &format!("{all}\n{window}"))?));
        };
        let (mut search, window, counted) = match &self.key_search {
            Some(search) => search.narrowed(self.what, from_clause(&self.found_in().replace("{order}", "")), window)?,
            None => (self.builder.clone(), window, None),
        };
        let window = search.bind_window(window);
        let columns = key.split(',').count();
        let total = if is_counted { "count(*) OVER ()" } else { "NULL" };
        let is_not_plain = self.key_search.as_ref().map_or("false", |search| search.is_not_plain);
        let source = self.found_in().replace("{order}", &format!("ORDER BY {}", self.order));
        let statement = format!("SELECT {key}, {total}, {is_not_plain}{}\n{window}", from_clause(&source));
        let (mut counted, mut is_plain) = (counted, true);
        let keys: Vec<Vec<i64>> = search.rows(self.what, &statement, |row| {
            counted = row.get::<_, Option<u64>>(columns)?.or(counted);
            is_plain &= !row.get::<_, bool>(columns + 1)?;
            (0..columns).map(|column| row.get(column)).collect()
        })?;
        if keys.is_empty() {
            return Ok((counted, Vec::new()));
        }
        let plain = self.key_search.as_ref().map(|search| &search.plain).filter(|_| is_plain);
        let mut rows = plain.unwrap_or(&self.builder).clone();
        rows.filter_rows(key, &keys);
        Ok((counted, self.read(&rows, &all)?))
    }

    fn read(&self, builder: &QueryBuilder<'_>, statement: &str) -> Result<Vec<T>, StoreError> {
        let rows = builder.read(self.what, statement)?;
        Ok(rows.into_iter().map(self.finish).collect())
    }
}
