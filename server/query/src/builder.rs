//! Builds statements: the one place where a scope, limits, filters and a window become SQL parameters.
//!
//! A statement is put together from constants only; every value from outside is bound.

pub mod by_key;
mod context;
mod selection;

pub use context::Context;
pub use selection::AccountSelection;

use crate::{
    as_of::{LAST_PING, TableOverrides},
    instance_key_filter::{InstanceKeyFilter, InstanceKeys},
};
use duckdb::{Connection, Row, params_from_iter, types::Value};
use jiff::civil::Date;
use muster_metrics::{
    ACCOUNT_FIGURES, CALENDAR, COUNTED_RUNS, COVERAGE, EXCEPTIONS, EXPLOITED_PATCHES, INSTANCE_NAMES, INSTANCE_RUNS,
    INSTANCE_STATUS, Listed, REGION_STATE, UpdateColumns, definitions, from_cache, updates,
};
use muster_model::{
    column::{Columns, Kind},
    filter::{Direction, Filter, Order},
    ids::AccountId,
    page::Window,
};
use muster_store::{
    error::StoreError,
    named_row::{RowReader, parameter},
    value::{day, day_of, time},
};
use std::{borrow::Cow, collections::BTreeSet, ops::ControlFlow};

/// Stands for the past day in a statement.
const DAY: &str = "{day}";

/// A statement under construction.
#[derive(Clone)]
pub struct QueryBuilder<'a> {
    connection: &'a Connection,
    /// The common table expressions that the statement starts with.
    head: Cow<'static, str>,
    parameters: Vec<Value>,
    /// Values that are bound where the statement names them.
    named: Vec<(String, Value)>,
    filters: String,
    /// Whether a past day is shown, which is named `{day}`.
    is_past: bool,
    instances: Option<InstanceKeyFilter>,
    /// Whether the head has the rows of `instances`, all of the same id.
    is_by_key: bool,
    /// Whether the same text is used again for other instances, so that it need not be parsed again.
    is_reused: bool,
    listed: Listed,
    history_follows_account: bool,
}

impl<'a> QueryBuilder<'a> {
    /// Starts a statement on accounts and Regions, which reads `region_state`.
    pub fn for_regions(context: Context<'a>) -> Self {
        Self::new(context, (REGION_STATE, Listed::Names), parameters(context, 2))
    }

    /// Starts a statement that reads `instances` with their names and owners, but without their status.
    pub fn for_instances(context: Context<'a>) -> Self {
        Self::new(context, (INSTANCE_NAMES, Listed::Names), parameters(context, 2))
    }

    /// Starts a statement that reads `instances` with all that is stored of them, but without their status.
    pub fn for_stored_instances(context: Context<'a>) -> Self {
        Self::new(context, (INSTANCE_NAMES, Listed::Status), parameters(context, 2))
    }

    /// Starts a statement that reads `instances` with their status, but without their runs.
    pub fn for_instance_status(context: Context<'a>) -> Self {
        Self::new(context, (INSTANCE_STATUS, Listed::Status), parameters(context, 3))
    }

    /// Starts a statement that reads `instances` with their status and latest run.
    pub fn for_instance_runs(context: Context<'a>) -> Self {
        Self::new(context, (INSTANCE_RUNS, Listed::Runs(COUNTED_RUNS)), parameters(context, 4))
    }

    /// Starts a statement that reads `accounts`.
    pub fn for_accounts(context: Context<'a>) -> Self {
        Self::new(context, (ACCOUNT_FIGURES, Listed::Runs(COUNTED_RUNS)), parameters(context, 4))
    }

    /// Starts a statement that reads `coverage`.
    pub fn for_coverage(context: Context<'a>) -> Self {
        let mut query = Self::new(context, (COVERAGE, Listed::Runs(COUNTED_RUNS)), parameters(context, 4));
        query.bind_name("{today}", day(day_of(context.now)));
        query
    }

    /// Starts a statement that reads `calendar`, and `instances` with their status.
    pub fn for_calendar(context: Context<'a>) -> Self {
        Self::new(context, (CALENDAR, Listed::Status), parameters(context, 3))
    }

    /// Starts a statement that reads `updates` with these columns.
    pub fn for_updates(context: Context<'a>, columns: UpdateColumns) -> Self {
        let mut parameters = parameters(context, 2);
        parameters.push(time(context.now));
        if columns != UpdateColumns::Names {
            parameters.push(time(context.limits.due_soon_until(context.now)));
        }
        Self::new(context, (updates(columns), Listed::Names), parameters)
    }

    /// Starts a statement on what changed since the end of a day, with its definition and the first scan after the day.
    pub fn for_changes(context: Context<'a>, definition: String, since: Date, first_scan: i64) -> Self {
        let mut parameters = parameters(context, 2);
        parameters.extend([day(since), Value::BigInt(first_scan)]);
        Self::new(context, (definition, Listed::Names), parameters)
    }

    fn new(
        context: Context<'a>,
        (head, listed): (impl Into<Cow<'static, str>>, Listed),
        parameters: Vec<Value>,
    ) -> Self {
        let head = head.into();
        Self {
            connection: context.connection,
            head: if context.is_cached { from_cache(&head, context.day).into() } else { head },
            parameters,
            named: context.day.map(|past| (DAY.to_owned(), day(past))).into_iter().collect(),
            filters: String::new(),
            is_past: context.day.is_some(),
            instances: None,
            is_by_key: false,
            is_reused: false,
            listed,
            history_follows_account: context.limits.history_follows_account,
        }
    }

    /// Adds expressions that the statement starts with. `{filters}` in them is replaced by the conditions until here, which
    /// then no longer hold for the statement itself.
    pub fn define(&mut self, expressions: &str) -> &mut Self {
        let filters = std::mem::take(&mut self.filters);
        self.head = format!("{}{}", self.head, expressions.replace("{filters}", &filters)).into();
        self
    }

    /// Adds the exceptions as they are at the moment that is shown. Only of those that fulfil the condition on `x` are
    /// instances and updates found.
    pub fn with_exceptions(&mut self, context: Context<'a>, counted: &str) -> &mut Self {
        // They can be limited to a patch group.
        self.listed = Listed::Status;
        self.define(&EXCEPTIONS.replace("{counted}", counted)).bind_name("{now}", time(context.now))
    }

    /// Adds the patches that fix what is known to be exploited.
    pub fn with_exploited_patches(&mut self, context: Context<'a>) -> &mut Self {
        self.define(EXPLOITED_PATCHES).bind_name("{now}", time(context.now))
    }

    /// Keeps the rows that fulfil a constant condition.
    pub fn filter(&mut self, condition: &'static str) -> &mut Self {
        self.and(condition)
    }

    fn and(&mut self, condition: &str) -> &mut Self {
        self.filters.push_str("\n  AND ");
        self.filters.push_str(condition);
        self
    }

    /// Keeps the rows that fulfil a condition on one value, which stands as `{}` in it.
    pub fn filter_by(&mut self, condition: &'static str, value: impl Into<Value>) -> &mut Self {
        let parameter = self.bind(value);
        self.and(&condition.replace("{}", &parameter))
    }

    /// Does what [`Self::filter_by`] does, if there is a value.
    pub fn filter_by_option(&mut self, condition: &'static str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.filter_by(condition, value.to_owned()),
            None => self,
        }
    }

    /// Keeps the rows with every word of a search in one of these columns, in any order and without regard to case.
    pub fn search(&mut self, columns: &'static str, words: Option<&str>) -> &mut Self {
        for word in words.unwrap_or_default().split_whitespace() {
            let word = self.bind(word.to_owned());
            self.and(&format!("contains(lower(concat_ws(' ', {columns})), lower({word}))"));
        }
        self
    }

    /// Keeps the rows of the selected accounts.
    pub fn filter_accounts(&mut self, selection: AccountSelection<'_>) -> &mut Self {
        self.filter_by_option("customer_id = {}", selection.customer)
            .filter_by_option("provider = {}", selection.provider)
            .filter_by_option("account_id = {}", selection.account.map(AccountId::as_str))
    }

    /// Keeps the rows whose columns equal the values of a filter, where it declares the column.
    pub fn filter_columns(&mut self, filter: &impl Filter) -> &mut Self {
        for (column, value) in filter.conditions() {
            let parameter = self.bind(parameter(&value));
            self.and(&format!("{column} = {parameter}"));
        }
        self
    }

    /// Keeps the rows whose column holds one of these values. Each is bound: DuckDB would join to a list instead of
    /// pushing it into the scan.
    pub fn filter_in(&mut self, column: &'static str, values: impl IntoIterator<Item = String>) -> &mut Self {
        let values = self.bind_list(values);
        self.and(&format!("{column} IN ({values})"))
    }

    /// Keeps the rows of one instance; `f` has its id, account and key.
    pub fn filter_instance(&mut self, instance: &InstanceKeys) -> &mut Self {
        let filter = InstanceKeyFilter::one(
            self.bind_list(instance.keys.iter().copied()),
            self.bind_list(instance.ids.iter().cloned()),
            self.bind_list(instance.accounts.iter().cloned()),
        );
        self.is_reused = true;
        self.filter_keys(filter)
    }

    /// Keeps these rows of a list, each named by the values of its key columns, the first of which is the instance's
    /// key.
    pub fn filter_rows(&mut self, key_columns: &str, rows: &[Vec<i64>]) -> &mut Self {
        if rows.iter().any(|row| row.len() > 1) {
            let tuples: Vec<String> =
                rows.iter().map(|row| format!("({})", self.bind_list(row.iter().copied()))).collect();
            self.and(&format!("({key_columns}) IN ({})", tuples.join(", ")));
        }
        let keys: BTreeSet<i64> = rows.iter().filter_map(|row| row.first().copied()).collect();
        let filter = InstanceKeyFilter::many(self.bind_list(keys));
        self.filter_keys(filter)
    }

    fn filter_keys(&mut self, instances: InstanceKeyFilter) -> &mut Self {
        self.and(&instances.condition());
        self.instances = Some(instances);
        self
    }

    /// Returns whether the statement reads the rows of a few instances only.
    pub fn has_instance_filter(&self) -> bool {
        self.instances.is_some()
    }

    /// Binds a value and returns the parameter that stands for it.
    pub fn bind(&mut self, value: impl Into<Value>) -> String {
        self.parameters.push(value.into());
        format!("${}", self.parameters.len())
    }

    /// Binds a value that statements name in braces, such as `{from}`.
    pub fn bind_name(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        self.named.push((name.to_owned(), value.into()));
        self
    }

    /// Binds a window, and returns the clause that limits a statement to it.
    pub fn bind_window(&mut self, window: Window) -> String {
        let limit = self.bind(i64::from(window.limit));
        let offset = self.bind(i64::try_from(window.offset).unwrap_or(i64::MAX));
        format!("LIMIT {limit} OFFSET {offset}")
    }

    /// Binds the values of a list; an empty list matches nothing.
    fn bind_list(&mut self, values: impl IntoIterator<Item = impl Into<Value>>) -> String {
        let parameters: Vec<String> = values.into_iter().map(|value| self.bind(value)).collect();
        if parameters.is_empty() { "NULL".to_owned() } else { parameters.join(", ") }
    }

    /// Reads all rows of a statement. `{filters}` in it is replaced by the conditions, the names of [`definitions`] by
    /// their SQL.
    pub fn rows<T>(
        &self,
        what: &'static str,
        statement: &str,
        read: impl FnMut(&Row<'_>) -> duckdb::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let (sql, parameters) = self.sql(statement);
        let run = || -> duckdb::Result<Vec<T>> {
            let parameters = params_from_iter(&parameters);
            match self.is_reused {
                true => self.connection.prepare_cached(&sql)?.query_map(parameters, read)?.collect(),
                false => self.connection.prepare(&sql)?.query_map(parameters, read)?.collect(),
            }
        };
        run().map_err(StoreError::read(what))
    }

    /// Reads all rows of a statement into their type, by the names of its columns.
    pub fn read<T: Columns>(&self, what: &'static str, statement: &str) -> Result<Vec<T>, StoreError> {
        let mut reader = RowReader::default();
        self.rows(what, statement, |row| reader.read(row))
    }

    /// Reads the one row of a statement that always has one.
    pub fn row<T>(
        &self,
        what: &'static str,
        statement: &str,
        read: impl FnOnce(&Row<'_>) -> duckdb::Result<T>,
    ) -> Result<T, StoreError> {
        let (sql, parameters) = self.sql(statement);
        self.connection.query_row(&sql, params_from_iter(&parameters), read).map_err(StoreError::read(what))
    }

    /// Passes on the rows of a statement as DuckDB produces them, a few at a time, until `take` breaks off.
    pub fn each<T: Columns>(
        &self,
        what: &'static str,
        statement: &str,
        mut take: impl FnMut(T) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let (sql, parameters) = self.sql(statement);
        let mut reader = RowReader::default();
        let mut run = || -> duckdb::Result<()> {
            let mut statement = self.connection.prepare(&sql)?;
            // Starts the statement without producing all rows first; they are still read row by row.
            let _ = statement.stream_arrow(params_from_iter(&parameters))?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                if take(reader.read(row)?).is_break() {
                    break;
                }
            }
            Ok(())
        };
        run().map_err(StoreError::read(what))
    }

    /// Completes a statement, and returns it with its parameters.
    fn sql(&self, statement: &str) -> (String, Vec<Value>) {
        let statement = statement.replace("{filters}", &self.filters);
        let sql = definitions::expand(&format!("{}{statement}", self.head));
        let Self { listed, history_follows_account, .. } = *self;
        let (day, instances) = (self.is_past.then_some(DAY), self.instances.as_ref());
        let reads_pings = sql.contains(LAST_PING);
        let mut sql = TableOverrides { day, instances, listed, reads_pings, history_follows_account }.apply(&sql);
        let mut parameters = self.parameters.clone();
        for (name, value) in &self.named {
            if sql.contains(name) {
                parameters.push(value.clone());
                sql = sql.replace(name, &format!("${}", parameters.len()));
            }
        }
        (sql, parameters)
    }
}

/// The number of parameters of definitions that start from the cache.
const CACHED: usize = 2;

/// Returns the first `count` of the parameters `$1` to `$4` of [`INSTANCE_RUNS`]: simpler definitions have fewer.
fn parameters(context: Context<'_>, count: usize) -> Vec<Value> {
    let count = if context.is_cached { count.min(CACHED) } else { count };
    let Context { scope, limits, now, .. } = context;
    let all = [
        scope.parameter().map_or(Value::Null, Value::Text),
        time(limits.stale_harvest_before(now)),
        time(limits.stale_scan_before(now)),
        time(limits.runs_since(now)),
    ];
    all.into_iter().take(count).collect()
}

/// Returns a sort direction in SQL. Nulls come last either way: an unknown value is neither the best nor the worst.
pub fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Ascending => "ASC NULLS LAST",
        Direction::Descending => "DESC NULLS LAST",
    }
}

/// Returns the `ORDER BY` expression of an order: the column of list `f` itself, text without regard to case. `exceptions`
/// has the expressions of columns, by their keys in `sort=`, that are sorted by something else.
pub fn order_by<R: Columns>(order: &Order<R>, exceptions: &[(&str, &str)]) -> String {
    let exception = exceptions.iter().find(|(key, _)| *key == order.key);
    let column = Order::<R>::columns().into_iter().find(|column| order.is_by(column));
    let expression = match (exception, column) {
        (Some((_, expression)), _) => (*expression).to_owned(),
        (None, Some(column)) if column.kind == Kind::Text => format!("lower(f.{})", column.name),
        (None, column) => format!("f.{}", column.map_or(order.key, |column| column.name)),
    };
    format!("{expression} {}", direction(order.direction))
}
