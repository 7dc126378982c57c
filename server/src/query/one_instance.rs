//! Questions about one instance read its rows alone, of every table that has some.
//!
//! By joins alone a past day's tables would be read whole, and so would some of today's.

use super::bind::Question;
use crate::store::error::StoreError;
use app::model::ids::InstanceId;
use duckdb::Connection;

/// The tables whose rows are of an instance by its key. Not `instance` itself: what the newest agent is depends on all.
const BY_KEY: [&str; 11] = [
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
];

/// The tables whose rows are of an instance by its account, Region and id.
const BY_ID: [&str; 3] = ["invocation", "invocation_output", "node"];

/// What an id stands for: the same may be known in several accounts.
pub struct Found {
    id: String,
    keys: Vec<i64>,
    accounts: Vec<String>,
}

/// How a statement names what was found.
pub struct OneInstance {
    pub id: String,
    pub keys: String,
    pub accounts: String,
}

/// Whatever was ever harvested under this id. Whose it is, the questions about it look at themselves.
pub fn find(connection: &Connection, instance: &InstanceId) -> Result<Found, StoreError> {
    let id = instance.to_string();
    let find = || -> duckdb::Result<Vec<(i64, String)>> {
        connection
            .prepare_cached("SELECT instance_key, account_id FROM instance WHERE instance_id = $1")?
            .query_map([&id], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect()
    };
    let (keys, accounts) = find().map_err(StoreError::read("an instance's keys"))?.into_iter().unzip();
    Ok(Found { id, keys, accounts })
}

impl OneInstance {
    pub fn bind(found: &Found, question: &mut Question) -> Self {
        let mut bound = |values: Vec<duckdb::types::Value>| {
            let names: Vec<String> = values.into_iter().map(|value| question.bind(value)).collect();
            // Of what is not known there are no rows.
            if names.is_empty() { "NULL".to_owned() } else { names.join(", ") }
        };
        Self {
            id: bound(vec![found.id.clone().into()]),
            keys: bound(found.keys.iter().copied().map(Into::into).collect()),
            accounts: bound(found.accounts.iter().cloned().map(Into::into).collect()),
        }
    }

    /// The condition on `f`. It names all that was bound, as some statements read no table that does.
    pub fn filter(&self) -> String {
        format!(
            "f.instance_id = {} AND f.instance_key IN ({}) AND f.account_id IN ({})",
            self.id, self.keys, self.accounts
        )
    }

    pub fn keys(&self) -> String {
        format!("instance_key IN ({})", self.keys)
    }

    /// Which of a table's rows are its own; none where others matter too.
    pub fn rows_of(&self, table: &str) -> Option<String> {
        if BY_KEY.contains(&table) {
            return Some(self.keys());
        }
        let is_its = || format!("account_id IN ({}) AND instance_id = {}", self.accounts, self.id);
        BY_ID.contains(&table).then(is_its)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::migrate;
    use std::path::Path;

    #[test]
    fn every_table_with_rows_of_instances_is_named() {
        let mut connection = Connection::open_in_memory().expect("a database");
        migrate::migrate(&mut connection, Path::new("test")).expect("migrated");
        // No page asks what only harvests read.
        let harvests = "'inventory_capture', 'unsure_instance'";
        let tables_with = |column: &str| -> Vec<String> {
            let sql = "SELECT DISTINCT table_name FROM duckdb_columns() WHERE column_name = $1
                AND NOT starts_with(table_name, 'past_') AND table_name NOT IN ('instance', {harvests}) ORDER BY ALL"
                .replace("{harvests}", harvests);
            let mut statement = connection.prepare(&sql).expect("prepared");
            let names = statement.query_map([column], |row| row.get(0)).expect("rows");
            names.collect::<duckdb::Result<_>>().expect("names")
        };
        let by_key = tables_with("instance_key");
        assert_eq!(by_key, BY_KEY);
        let by_id = tables_with("instance_id").into_iter().filter(|table| !by_key.contains(table));
        assert_eq!(by_id.collect::<Vec<_>>(), BY_ID);
    }
}
