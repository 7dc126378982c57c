//! Limits a statement to the rows of a few instances: one, or those of a page.
//!
//! Each table that has rows of instances is limited by itself, because a join alone would read some of today's
//! tables, and all of a past day's, whole.

use crate::builder::Context;
use muster_model::ids::InstanceId;
use muster_store::error::StoreError;

/// Tables whose rows name their instance by its key. Not `instance` itself, nor `instance_twin`: the newest agent, and the
/// other registrations of a machine, are found among all instances.
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

/// An instance id with its keys and accounts: several accounts may know the same id.
pub struct InstanceKeys {
    pub id: String,
    pub keys: Vec<i64>,
    pub accounts: Vec<String>,
}

/// A condition on instances, in SQL.
#[derive(Clone)]
pub struct InstanceKeyFilter {
    keys: String,
    /// The id and the accounts, if it is one instance.
    id_and_accounts: Option<(String, String)>,
}

/// Finds every instance that was ever harvested under this id. The scope is checked by the statement that uses the
/// keys.
pub fn find_instance(context: Context<'_>, instance: &InstanceId) -> Result<InstanceKeys, StoreError> {
    let id = instance.to_string();
    let find = || -> duckdb::Result<Vec<(i64, String)>> {
        let statement = "SELECT instance_key, account_id FROM instance WHERE instance_id = $1";
        context.connection.prepare_cached(statement)?.query_map([&id], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    let (keys, accounts) = find().map_err(StoreError::read("an instance's keys"))?.into_iter().unzip();
    Ok(InstanceKeys { id, keys, accounts })
}

impl InstanceKeyFilter {
    /// Limits to one instance, given as SQL: a list of its keys, its id, and a list of its accounts.
    pub fn one(keys: String, id: String, accounts: String) -> Self {
        Self { keys, id_and_accounts: Some((id, accounts)) }
    }

    /// Limits to the instances of a page, given as a list of keys in SQL.
    pub fn many(keys: String) -> Self {
        Self { keys, id_and_accounts: None }
    }

    /// Returns the condition on `f`. It names every bound value, as DuckDB refuses parameters that a statement lacks.
    pub fn condition(&self) -> String {
        let keys = format!("f.instance_key IN ({})", self.keys);
        let Some((id, accounts)) = &self.id_and_accounts else { return keys };
        format!("{keys} AND f.instance_id = {id} AND f.account_id IN ({accounts})")
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
        let (id, accounts) = self.id_and_accounts.as_ref().filter(|_| TABLES_BY_ID.contains(&table))?;
        Some(format!("account_id IN ({accounts}) AND instance_id = {id}"))
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
        let others = "'exception', 'inventory_capture', 'unsure_instance'";
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
