//! Questions about few instances, one or those of a page, read their rows alone, of every table that has some.
//!
//! By joins alone a past day's tables would be read whole, and so would some of today's.

use super::bind::Question;
use duckdb::{Connection, types::Value};
use muster_model::ids::InstanceId;
use muster_store::error::StoreError;

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

/// How a statement names them.
#[derive(Clone)]
pub struct Narrowed {
    keys: String,
    /// Of one alone: its id, and the accounts that it may be in.
    one: Option<(String, String)>,
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

impl Narrowed {
    /// To what was found.
    pub fn to_one(found: &Found, question: &mut Question) -> Self {
        let keys = bind(question, found.keys.iter().copied());
        let id = question.bind(found.id.clone());
        Self { keys, one: Some((id, bind(question, found.accounts.iter().cloned()))) }
    }

    /// To those of a page.
    pub fn to_page(keys: impl IntoIterator<Item = i64>, question: &mut Question) -> Self {
        Self { keys: bind(question, keys), one: None }
    }

    /// To one whose key, id and account are spelled out.
    pub fn literally(key: i64, id: &str, account: &str) -> Self {
        Self { keys: key.to_string(), one: Some((format!("'{id}'"), format!("'{account}'"))) }
    }

    /// The condition on `f`. It names all that was bound, as some statements read no table that does.
    pub fn filter(&self) -> String {
        let keys = format!("f.instance_key IN ({})", self.keys);
        let Some((id, accounts)) = &self.one else { return keys };
        format!("{keys} AND f.instance_id = {id} AND f.account_id IN ({accounts})")
    }

    pub fn keys(&self) -> String {
        format!("instance_key IN ({})", self.keys)
    }

    /// Which of a table's rows are theirs; none where others matter too.
    pub fn rows_of(&self, table: &str) -> Option<String> {
        if BY_KEY.contains(&table) {
            return Some(self.keys());
        }
        let (id, accounts) = self.one.as_ref().filter(|_| BY_ID.contains(&table))?;
        Some(format!("account_id IN ({accounts}) AND instance_id = {id}"))
    }
}

/// How the statement names these values. Of what is not known there are no rows.
fn bind(question: &mut Question, values: impl IntoIterator<Item = impl Into<Value>>) -> String {
    let names: Vec<String> = values.into_iter().map(|value| question.bind(value)).collect();
    if names.is_empty() { "NULL".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_store::migrate;
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
