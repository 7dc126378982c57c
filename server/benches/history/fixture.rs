//! A store to measure: its reports as pages use them, instances to query, and the values in its statements.

use crate::size::Size;
use duckdb::Connection;
use jiff::{Timestamp, civil::Date};
use muster_access::principal::Principal;
use muster_core::clock::FixedClock;
use muster_core::schedule::Schedule;
use muster_metrics::{Limits, Listed, UPDATE_CLOCKS, definitions::expand};
use muster_model::{
    filter::TrendFilter,
    ids::{AccountId, InstanceId},
};
use muster_query::{as_of::TableOverrides, instance_key_filter::InstanceKeyFilter, listing::count_statement};
use muster_reports::{ReportSource, ScopedReports};
use muster_store::{connection::Store, error::StoreError, value::day_of};
use std::{path::Path, sync::Arc, time::Instant};

/// The number of instances that queries about one instance rotate through.
const SUBJECTS: usize = 10;
const PICK: &str = "SELECT instance_key, instance_id, account_id FROM instance WHERE gone_at IS NULL
    ORDER BY hash(instance_id)";
/// The rows of the first page.
const PAGE: &str = "LIMIT 50 OFFSET 0";

pub struct Fixture {
    pub store: Store,
    pub source: ReportSource,
    pub reports: ScopedReports,
    pub literals: Literals,
    subjects: Vec<Subject>,
}

/// An instance to query.
#[derive(Clone)]
pub struct Subject {
    pub key: i64,
    pub instance: InstanceId,
    pub account: AccountId,
}

impl Fixture {
    /// Opens a store with this number of days, as seen at noon of its last day.
    pub async fn open(path: &Path, size: Size, days: i64) -> anyhow::Result<Arc<Self>> {
        let (store, now) = (Store::open(path)?, size.calendar.noon(days - 1));
        let read = |connection: &Connection| subjects(connection).map_err(StoreError::read("instances"));
        let found = store.read("instances", read).await?;
        let subjects = found.into_iter().map(Subject::new).collect::<anyhow::Result<Vec<_>>>()?;
        anyhow::ensure!(!subjects.is_empty(), "no instances in {}: run the part `write` first", path.display());
        let source = ReportSource {
            store: store.clone(),
            limits: Limits::default(),
            clock: Arc::new(FixedClock::at(now)),
            schedule: Arc::new(Schedule::default()),
        };
        let reports = source.for_scope(Principal::local().scope());
        Ok(Arc::new(Self { store, source, reports, literals: Literals { now }, subjects }))
    }

    pub fn subject(&self, turn: usize) -> &Subject {
        &self.subjects[turn % self.subjects.len()]
    }

    /// Runs statements one after the other on one connection, to the last row. Returns the milliseconds.
    pub async fn run(&self, statements: Vec<String>) -> anyhow::Result<f64> {
        let run = move |connection: &Connection| {
            let started = Instant::now();
            for sql in &statements {
                drain(connection, sql).map_err(StoreError::read("bare SQL"))?;
            }
            Ok(started.elapsed().as_secs_f64() * 1_000.0)
        };
        Ok(self.store.read("bare SQL", run).await?)
    }

    /// The rows of a statement in the format of PostgreSQL's client.
    pub async fn rows(&self, sql: &str) -> anyhow::Result<Vec<String>> {
        let sql = format!("SELECT coalesce(COLUMNS(*)::VARCHAR, '') FROM ({sql})");
        let read = move |connection: &Connection| texts(connection, &sql).map_err(StoreError::read("bare SQL"));
        Ok(self.store.read("bare SQL", read).await?)
    }
}

impl Subject {
    pub fn new((key, instance, account): (i64, String, String)) -> anyhow::Result<Self> {
        Ok(Self { key, instance: instance.parse()?, account: account.parse()? })
    }

    /// The filter of the portal's statements for this instance, with literals.
    fn literal(&self) -> InstanceKeyFilter {
        let (id, account) = (format!("'{}'", self.instance), format!("'{}'", self.account));
        InstanceKeyFilter::one(self.key.to_string(), id, account)
    }
}

fn subjects(connection: &Connection) -> duckdb::Result<Vec<(i64, String, String)>> {
    let mut statement = connection.prepare(PICK)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    rows.take(SUBJECTS).collect()
}

fn drain(connection: &Connection, sql: &str) -> duckdb::Result<()> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

fn texts(connection: &Connection, sql: &str) -> duckdb::Result<Vec<String>> {
    let mut statement = connection.prepare(sql)?;
    let mut found = statement.query([])?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let values = (0..row.as_ref().column_count()).map(|column| row.get(column));
        rows.push(values.collect::<duckdb::Result<Vec<String>>>()?.join("|"));
    }
    Ok(rows)
}

/// The values that the portal binds, as literals.
#[derive(Clone, Copy)]
pub struct Literals {
    now: Timestamp,
}

impl Literals {
    /// The last day of the store.
    pub fn today(&self) -> Date {
        day_of(self.now)
    }

    /// A statement of the portal with the whole fleet in scope.
    pub fn statement(&self, head: &str, statement: &str, filters: &str) -> String {
        self.statement_of(None, head, statement, filters)
    }

    /// The same for one instance, if given.
    pub fn statement_of(&self, subject: Option<&Subject>, head: &str, statement: &str, filters: &str) -> String {
        let instances = subject.map(Subject::literal);
        let overrides = TableOverrides {
            day: None,
            instances: instances.as_ref(),
            listed: Listed::Names,
            reads_pings: false,
            history_follows_account: false,
        };
        let statement = statement.replace("{filters}", filters);
        let limits = Limits::default();
        let (third, fourth) = match head {
            UPDATE_CLOCKS => (self.now, limits.due_soon_until(self.now)),
            _ => (limits.stale_scan_before(self.now), limits.runs_since(self.now)),
        };
        let (from, to) = TrendFilter::default().range(self.today());
        overrides
            .apply(&expand(&format!("{head}{statement}")))
            .replace("$1", "NULL")
            .replace("$2", &literal(limits.stale_harvest_before(self.now)))
            .replace("$3", &literal(third))
            .replace("$4", &literal(fourth))
            .replace("{from}", &format!("DATE '{from}'"))
            .replace("{to}", &format!("DATE '{to}'"))
    }

    /// The statements for a page of a list and for the number of its rows.
    pub fn list(&self, head: &str, list: &str, filters: &str, order: &str) -> Vec<String> {
        self.list_of(None, head, list, filters, order)
    }

    /// The same for one instance, if given.
    pub fn list_of(
        &self,
        subject: Option<&Subject>,
        head: &str,
        list: &str,
        filters: &str,
        order: &str,
    ) -> Vec<String> {
        let page = format!("{}\n{PAGE}", list.replace("{order}", &format!("ORDER BY {order}")));
        [count_statement(list), page].map(|sql| self.statement_of(subject, head, &sql, filters)).to_vec()
    }

    /// Fills in a statement written by hand, which both DuckDB and PostgreSQL accept.
    pub fn by_hand(&self, statement: &str, subject: &Subject) -> String {
        statement
            .replace("{filter}", "true")
            .replace("{instance}", &format!("'{}'", subject.instance))
            .replace("{stale_scan}", &literal(Limits::default().stale_scan_before(self.now)))
            .replace("{runs_since}", &literal(Limits::default().runs_since(self.now)))
    }
}

fn literal(moment: Timestamp) -> String {
    format!("TIMESTAMP '{}'", moment.strftime("%F %T"))
}
