//! Statements on one instance. A statement with the scope finds it once, and others then read its rows by key: small
//! ones, because DuckDB plans each statement anew, and takes longer for that than for the rows.

use super::{Context, QueryBuilder};
use crate::instance_key_filter::InstanceKeyFilter;
use duckdb::types::{TimeUnit, Value};
use muster_metrics::{Listed, update_clocks_of};
use muster_model::{
    column::{Columns, Kind},
    page::Window,
};
use muster_store::{
    error::StoreError,
    named_row::{RowReader, parameter},
    value::time,
};

/// An instance that a statement with the scope has read, with at least the columns `instance_key`, `instance_id`,
/// `account_id`, `region` and `owned_from`.
pub trait InScope: Columns {}

const OWNED_FROM: &str = "owned_from";
/// `owned_from` of an account that never had another owner: DuckDB's `-infinity`.
const ALWAYS_OWNED: Value = Value::Timestamp(TimeUnit::Microsecond, -i64::MAX);

impl<'a> QueryBuilder<'a> {
    /// Starts a statement that reads rows of one instance, whose columns it names in braces: `{instance_key}`.
    pub fn by_key(context: Context<'a>, instance: &impl InScope) -> Self {
        let mut query = Self::new(context, ("", Listed::Names), Vec::new());
        query.named.extend(columns(instance).map(|(name, _, value)| (format!("{{{name}}}"), value)));
        query.is_reused = true;
        // The statement itself limits today's tables.
        if context.day.is_some() {
            let [keys, id, accounts] = ["{instance_key}", "{instance_id}", "{account_id}"].map(str::to_owned);
            query.instances = Some(InstanceKeyFilter::one(keys, id, accounts));
        }
        query
    }

    /// Starts a statement that reads `instances`, which are these.
    pub fn for_found(context: Context<'a>, found: &[impl InScope]) -> Self {
        let mut query = Self::new(context, ("", Listed::Names), Vec::new());
        query.head = format!("WITH instances AS ({})\n", query.bind_instances(found)).into();
        query
    }

    /// Starts a statement that reads `updates` of these instances with their due dates, which may depend on release
    /// dates.
    pub fn for_updates_of(context: Context<'a>, found: &[impl InScope], has_release_dates: bool) -> Self {
        let mut query = Self::new(context, ("", Listed::Names), Vec::new());
        let now = query.bind(time(context.now));
        let soon_until = query.bind(time(context.limits.due_soon_until(context.now)));
        let clocks = update_clocks_of(has_release_dates).replace("$3", &now).replace("$4", &soon_until);
        query.head = format!("WITH with_names AS ({})\n{clocks}", query.bind_instances(found)).into();
        query
    }

    /// Binds the columns of instances, and returns the SQL of their rows.
    fn bind_instances<T: InScope>(&mut self, found: &[T]) -> String {
        let [mut keys, mut ids, mut accounts] = [const { Vec::new() }; 3];
        let rows = found.iter().map(|instance| {
            let columns = columns(instance).map(|(name, kind, value)| {
                let parameter = self.bind(value);
                match name {
                    "instance_key" => keys.push(parameter.clone()),
                    "instance_id" => ids.push(parameter.clone()),
                    "account_id" => accounts.push(parameter.clone()),
                    _ => {}
                }
                format!("{parameter}::{} AS {name}", sql_type(kind))
            });
            format!("SELECT {}", columns.collect::<Vec<_>>().join(", "))
        });
        let rows = rows.collect::<Vec<_>>().join(" UNION ALL ");
        self.instances = Some(InstanceKeyFilter::one(keys.join(", "), ids.join(", "), accounts.join(", ")));
        (self.is_by_key, self.is_reused) = (true, true);
        rows
    }

    /// Returns whether the list is of one instance, and so is short.
    pub fn is_by_key(&self) -> bool {
        self.is_by_key
    }

    /// Reads the rows of a window, and counts all rows of the statement.
    pub fn read_window<T: Columns>(
        &self,
        what: &'static str,
        statement: &str,
        window: Window,
    ) -> Result<(u64, Vec<T>), StoreError> {
        let end = window.offset.saturating_add(window.limit.into());
        let (mut reader, mut total) = (RowReader::default(), 0);
        let rows = self.rows(what, statement, |row| {
            total += 1;
            (window.offset < total && total <= end).then(|| reader.read(row)).transpose()
        })?;
        Ok((total, rows.into_iter().flatten().collect()))
    }
}

/// The columns of an instance with their values as parameters.
fn columns<T: InScope>(instance: &T) -> impl Iterator<Item = (&'static str, Kind, Value)> {
    T::columns().into_iter().zip(instance.values()).map(|(column, value)| {
        let value = match parameter(&value) {
            Value::Null if column.name == OWNED_FROM => ALWAYS_OWNED,
            value => value,
        };
        (column.name, column.kind, value)
    })
}

fn sql_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Code | Kind::List => "VARCHAR",
        Kind::Number => "BIGINT",
        Kind::Flag => "BOOLEAN",
        Kind::Time => "TIMESTAMP",
        Kind::Day => "DATE",
    }
}
