//! A list before it is read: counted, read in windows for pages, or row by row for files.

use super::bind::Question;
use crate::store::error::StoreError;
use app::model::page::Window;
use duckdb::{Connection, Row};
use std::ops::ControlFlow;

pub struct Listing<T> {
    source: Source<T>,
}

/// How a list of one kind is asked for.
pub type Lists<F, T> = fn(&Connection, super::bind::Context<'_>, &F) -> Result<Listing<T>, StoreError>;

enum Source<T> {
    Asked(Asked<T>),
    Made(Vec<T>),
}

struct Asked<T> {
    question: Question,
    what: &'static str,
    statement: &'static str,
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
        Self { source: Source::Asked(Asked { question, what, statement, order: order.into(), read }) }
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

impl<T> Asked<T> {
    fn ordered(&self) -> String {
        self.statement.replace("{order}", &format!("ORDER BY {}", self.order))
    }

    fn total(&self, connection: &Connection) -> Result<u64, StoreError> {
        let count = format!("SELECT count(*) FROM ({})", self.statement.replace("{order}", ""));
        self.question.row(connection, self.what, &count, |row| row.get(0))
    }

    fn page(self, connection: &Connection, window: Option<Window>) -> Result<(u64, Vec<T>), StoreError> {
        let total = self.total(connection)?;
        Ok((total, self.rows(connection, window)?))
    }

    fn rows(mut self, connection: &Connection, window: Option<Window>) -> Result<Vec<T>, StoreError> {
        let mut statement = self.ordered();
        if let Some(window) = window {
            let limit = self.question.bind(i64::from(window.limit));
            let offset = self.question.bind(i64::try_from(window.offset).unwrap_or(i64::MAX));
            statement.push_str(&format!("\nLIMIT {limit} OFFSET {offset}"));
        }
        self.question.rows(connection, self.what, &statement, self.read)
    }
}
