//! Limits a statement to the rows of a few instances: one, or those of a page.
//!
//! Each table that has rows of instances is limited by itself, because a join alone would read some of today's
//! tables, and all of a past day's, whole.

use crate::builder::Context;
use muster_model::ids::InstanceId;
use muster_store::error::StoreError;

/// Tables whose rows name their instance by its key. Not `instance` itself, nor `instance_twin` and `attested_instance`: the
/// newest agent, and the other registrations of a machine, are found among all instances.
const TABLES_BY_KEY: [&str; 12] = [
    "hardware",
    "hotfix",
    "instance_ping",
    "instance_update",
    "listed_instance",
    "patch_operation",
    "patch_state",
    "scan",
    "software",
    "tag",
    "transition",
    "unsupported_system",
];

/// Tables whose rows name their instance by its account, Region and id.
const TABLES_BY_ID: [&str; 3] = ["invocation", "invocation_output", "node"];

/// Instances as their keys, ids and accounts: several accounts may know the same id, and an instance has another id each time it
/// is registered.
#[derive(Default)]
pub struct InstanceKeys {
    pub ids: Vec<String>,
    pub keys: Vec<i64>,
    pub accounts: Vec<String>,
    /// Whether enrollment ever attested what one of them is.
    pub is_attested: bool,
}

/// A condition on instances, in SQL.
#[derive(Clone)]
pub struct InstanceKeyFilter {
    keys: String,
    /// The ids and the accounts, if it is one instance.
    ids_and_accounts: Option<(String, String)>,
}

const FIND: &str = "
    SELECT i.instance_key, i.account_id, i.instance_key IN (
        SELECT instance_key FROM attested_instance UNION ALL SELECT instance_key FROM past_attested_instance
    )
    FROM instance i
    WHERE i.instance_id = $1";

/// Finds every instance that was ever harvested under this id. The scope is checked by the statement that uses the
/// keys.
pub fn find_instance(context: Context<'_>, instance: &InstanceId) -> Result<InstanceKeys, StoreError> {
    let id = instance.to_string();
    let find = || -> duckdb::Result<Vec<((i64, String), bool)>> {
        let row = |row: &duckdb::Row<'_>| Ok(((row.get(0)?, row.get(1)?), row.get(2)?));
        context.connection.prepare_cached(FIND)?.query_map([&id], row)?.collect()
    };
    let (found, attested): (Vec<_>, Vec<bool>) =
        find().map_err(StoreError::read("an instance's keys"))?.into_iter().unzip();
    let (keys, accounts) = found.into_iter().unzip();
    Ok(InstanceKeys { ids: vec![id], keys, accounts, is_attested: attested.contains(&true) })
}

impl InstanceKeyFilter {
    /// Limits to one instance, given as SQL: lists of its keys, its ids, and its accounts.
    pub fn one(keys: String, ids: String, accounts: String) -> Self {
        Self { keys, ids_and_accounts: Some((ids, accounts)) }
    }

    /// Limits to the instances of a page, given as a list of keys in SQL.
    pub fn many(keys: String) -> Self {
        Self { keys, ids_and_accounts: None }
    }

    /// Returns the condition on `f`. It names every bound value, as DuckDB refuses parameters that a statement lacks.
    pub fn condition(&self) -> String {
        let keys = format!("f.instance_key IN ({})", self.keys);
        let Some((ids, accounts)) = &self.ids_and_accounts else { return keys };
        format!("{keys} AND f.instance_id IN ({ids}) AND f.account_id IN ({accounts})")
    }

    /// Returns the condition on a table that has instance keys.
    pub fn key_condition(&self) -> String {
        format!("instance_key IN ({})", self.keys)
    }

    /// Returns the condition on the rows of a table, or nothing if the rows of other instances matter too.
    pub fn row_filter(&self, table: &str) -> Option<String> {
        if TABLES_BY_KEY.contains(&table) {
            return Some(self.key_condition());
        }
        let (ids, accounts) = self.ids_and_accounts.as_ref().filter(|_| TABLES_BY_ID.contains(&table))?;
        Some(format!("account_id IN ({accounts}) AND instance_id IN ({ids})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use duckdb::Connection;
    use muster_store::migrate;
    use std::path::Path;

    #[test]
    fn names_every_table_that_has_rows_of_instances() {
        let mut connection = Connection::open_in_memory().expect("a database");
        migrate::migrate(&mut connection, Path::new("test")).expect("migrated");
        // Only harvests read these, and exceptions also have rows of whole accounts.
        let others = "'attested_instance', 'exception', 'inventory_capture', 'unsure_instance'";
        let tables_with = |column: &str| -> Vec<String> {
            let sql = "SELECT DISTINCT table_name FROM duckdb_columns() WHERE column_name = $1
                AND NOT starts_with(table_name, 'past_') AND table_name NOT IN ('instance', 'instance_twin', {others}) ORDER BY ALL"
                .replace("{others}", others);
            let mut statement = connection.prepare(&sql).expect("prepared");
            let names = statement.query_map([column], |row| row.get(0)).expect("rows");
            names.collect::<duckdb::Result<_>>().expect("names")
        };
        let by_key = tables_with("instance_key");
        assert_eq!(by_key, TABLES_BY_KEY);
        let by_id = tables_with("instance_id").into_iter().filter(|table| !by_key.contains(table));
        assert_eq!(by_id.collect::<Vec<_>>(), TABLES_BY_ID);
    }
}
