//! The one place where a scope, limits, filters and a window become SQL parameters.
//!
//! Statements are put together from constants only; everything that comes from outside is bound.

use super::{
    hidden::Hidden,
    narrowed::{Found, Narrowed},
};
use duckdb::{Connection, Row, params_from_iter, types::Value};
use jiff::{Timestamp, civil::Date};
use muster_access::scope::Scope;
use muster_metrics::{
    ACCOUNT_FACTS, CHANGE_FACTS, CLOCK_FACTS, INSTANCE_FACTS, INSTANCE_NAMES, INSTANCE_STATUS, Limits, Listed,
    REGION_STATE, RUNS_THAT_COUNT, SEVERITY_BAND,
};
use muster_store::{
    error::StoreError,
    value::{day, time},
};
use std::{collections::BTreeSet, ops::ControlFlow};

/// What every question depends on beside its filters.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub scope: &'a Scope,
    pub limits: &'a Limits,
    pub now: Timestamp,
    /// The day at whose end everything is shown; none for the present.
    pub day: Option<Date>,
    /// The first day of which everything is still known, if anything was dropped.
    pub kept_since: Option<Date>,
}

/// A statement in the making.
#[derive(Clone)]
pub struct Question {
    /// The common table expressions that the statement starts with.
    head: &'static str,
    parameters: Vec<Value>,
    filters: String,
    /// How the statement names the day, where it asks for a past one.
    day: Option<String>,
    /// The few instances that it is about.
    narrowed: Option<Narrowed>,
    listed: Listed,
    history_follows_account: bool,
}

impl Question {
    /// A question about accounts and Regions; the statement can use `region_state`.
    pub fn about_regions(context: Context<'_>) -> Self {
        Self::start(context, (REGION_STATE, Listed::Names), region_parameters(context))
    }

    /// A question that needs no figures of instances; `fact` has their names and whose they are.
    pub fn about_names(context: Context<'_>) -> Self {
        Self::start(context, (INSTANCE_NAMES, Listed::Names), region_parameters(context))
    }

    /// A question about instances but not their runs; the statement can use `fact` and `region_state`.
    pub fn about_status(context: Context<'_>) -> Self {
        Self::start(context, (INSTANCE_STATUS, Listed::Status), status_parameters(context))
    }

    /// A question about instances and their latest runs.
    pub fn about_instances(context: Context<'_>) -> Self {
        Self::start(context, (INSTANCE_FACTS, Listed::Runs(RUNS_THAT_COUNT)), instance_parameters(context))
    }

    /// A question about accounts; the statement can use `account_fact` too.
    pub fn about_accounts(context: Context<'_>) -> Self {
        Self::start(context, (ACCOUNT_FACTS, Listed::Runs(RUNS_THAT_COUNT)), instance_parameters(context))
    }

    fn start(context: Context<'_>, (head, listed): (&'static str, Listed), parameters: Vec<Value>) -> Self {
        let history_follows_account = context.limits.history_follows_account;
        let filters = String::new();
        let mut question =
            Self { head, parameters, filters, day: None, narrowed: None, listed, history_follows_account };
        question.day = context.day.map(|past| question.bind(day(past)));
        question
    }

    /// A question about updates and their clocks; the statement can use `update_fact`.
    pub fn about_clocks(context: Context<'_>) -> Self {
        let mut parameters = region_parameters(context);
        parameters.push(time(context.now));
        parameters.push(time(context.limits.due_soon_until(context.now)));
        Self::start(context, (CLOCK_FACTS, Listed::Names), parameters)
    }

    /// A question about what changed since the end of a day; the statement can use `change_fact`.
    pub fn about_changes(context: Context<'_>, since: Date) -> Self {
        let mut parameters = region_parameters(context);
        parameters.push(day(since));
        Self::start(context, (CHANGE_FACTS, Listed::Names), parameters)
    }

    /// Only rows that fulfil a constant condition.
    pub fn only(&mut self, condition: &'static str) -> &mut Self {
        self.filters.push_str("\n  AND ");
        self.filters.push_str(condition);
        self
    }

    /// Only rows that fulfil a condition on one value, which stands as `{}` in it.
    pub fn only_with(&mut self, condition: &'static str, value: impl Into<Value>) -> &mut Self {
        let parameter = self.bind(value);
        self.filters.push_str("\n  AND ");
        self.filters.push_str(&condition.replace("{}", &parameter));
        self
    }

    /// Like [`Self::only_with`], if there is a value.
    pub fn only_if(&mut self, condition: &'static str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.only_with(condition, value.to_owned());
        }
        self
    }

    /// Only rows whose column holds one of these, each bound: as one list they would be joined to, not looked for.
    pub fn only_among(&mut self, column: &'static str, values: impl IntoIterator<Item = String>) -> &mut Self {
        let values: Vec<String> = values.into_iter().map(|value| self.bind(value)).collect();
        self.filters.push_str(&format!("\n  AND {column} IN ({})", values.join(", ")));
        self
    }

    /// Only what is of one instance, whose id is a column of `f`.
    pub fn only_instance(&mut self, found: &Found) -> &mut Self {
        let narrowed = Narrowed::to_one(found, self);
        self.narrow(narrowed);
        self
    }

    /// Only these rows of a list, each by the columns that tell it apart, of which the first is the instance's key.
    pub fn only_rows(&mut self, columns: &str, rows: &[Vec<i64>]) -> &mut Self {
        let mut name = |row: &Vec<i64>| {
            let values: Vec<String> = row.iter().map(|value| self.bind(*value)).collect();
            format!("({})", values.join(", "))
        };
        let names = rows.iter().map(&mut name).collect::<Vec<_>>().join(", ");
        self.filters.push_str(&format!("\n  AND ({columns}) IN ({names})"));
        let keys: BTreeSet<i64> = rows.iter().filter_map(|row| row.first().copied()).collect();
        let narrowed = Narrowed::to_page(keys, self);
        self.narrow(narrowed);
        self
    }

    fn narrow(&mut self, to: Narrowed) {
        self.filters.push_str("\n  AND ");
        self.filters.push_str(&to.filter());
        self.narrowed = Some(to);
    }

    /// Whether it is about few instances.
    pub fn is_narrowed(&self) -> bool {
        self.narrowed.is_some()
    }

    /// Binds a value and returns how the statement names it.
    pub fn bind(&mut self, value: impl Into<Value>) -> String {
        self.parameters.push(value.into());
        format!("${}", self.parameters.len())
    }

    /// Reads all rows of a statement. `{filters}` in it stands for what was asked to be left out, `{band}` for
    /// an update's severity.
    pub fn rows<T>(
        &self,
        connection: &Connection,
        what: &'static str,
        statement: &str,
        read: impl FnMut(&Row<'_>) -> duckdb::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let sql = self.sql(statement);
        let run = || -> duckdb::Result<Vec<T>> {
            connection.prepare(&sql)?.query_map(params_from_iter(&self.parameters), read)?.collect()
        };
        run().map_err(StoreError::read(what))
    }

    /// Reads the one row of a statement that always has one.
    pub fn row<T>(
        &self,
        connection: &Connection,
        what: &'static str,
        statement: &str,
        read: impl FnOnce(&Row<'_>) -> duckdb::Result<T>,
    ) -> Result<T, StoreError> {
        connection
            .query_row(&self.sql(statement), params_from_iter(&self.parameters), read)
            .map_err(StoreError::read(what))
    }

    /// Hands over the rows of a statement as DuckDB makes them, a few at a time. Ends early where told to.
    pub fn each<T>(
        &self,
        connection: &Connection,
        what: &'static str,
        statement: &str,
        read: impl Fn(&Row<'_>) -> duckdb::Result<T>,
        mut take: impl FnMut(T) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let sql = self.sql(statement);
        let mut run = || -> duckdb::Result<()> {
            let mut statement = connection.prepare(&sql)?;
            // Begins without making all rows first; they are then read one by one all the same.
            let _ = statement.stream_arrow(params_from_iter(&self.parameters))?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                if take(read(row)?).is_break() {
                    break;
                }
            }
            Ok(())
        };
        run().map_err(StoreError::read(what))
    }

    fn sql(&self, statement: &str) -> String {
        let statement = statement.replace("{filters}", &self.filters);
        let sql = format!("{}{statement}", self.head).replace("{band}", SEVERITY_BAND);
        let Self { listed, history_follows_account, .. } = *self;
        let (day, narrowed) = (self.day.as_deref(), self.narrowed.as_ref());
        Hidden { day, narrowed, listed, history_follows_account }.from(&sql)
    }
}

/// `$1` and `$2` of `REGION_STATE`.
fn region_parameters(context: Context<'_>) -> Vec<Value> {
    let scope = context.scope.parameter().map_or(Value::Null, Value::Text);
    vec![scope, time(context.limits.stale_harvest_before(context.now))]
}

/// `$1` to `$3` of `INSTANCE_STATUS`.
fn status_parameters(context: Context<'_>) -> Vec<Value> {
    let mut parameters = region_parameters(context);
    parameters.push(time(context.limits.stale_scan_before(context.now)));
    parameters
}

/// `$1` to `$4` of `INSTANCE_FACTS`.
fn instance_parameters(context: Context<'_>) -> Vec<Value> {
    let mut parameters = status_parameters(context);
    parameters.push(time(context.limits.runs_since(context.now)));
    parameters
}

/// AWS's counts are signed; a negative one says that nothing is known.
pub fn count(number: i32) -> u32 {
    number.try_into().unwrap_or_default()
}

/// A list that a statement put together, a line each.
pub fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// The direction as SQL has it. Nulls come last either way: what is unknown is not the best or the worst.
pub fn direction(direction: muster_model::filter::Direction) -> &'static str {
    match direction {
        muster_model::filter::Direction::Ascending => "ASC NULLS LAST",
        muster_model::filter::Direction::Descending => "DESC NULLS LAST",
    }
}

/// Reads a column that holds an identifier of ours; one that does not fit the pattern cannot have been stored by us.
pub fn read_id<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> duckdb::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text: String = row.get(column)?;
    text.parse()
        .map_err(|error| duckdb::Error::FromSqlConversionFailure(column, duckdb::types::Type::Text, Box::new(error)))
}
