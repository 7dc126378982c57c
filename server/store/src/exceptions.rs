//! Exceptions: made and withdrawn, and never deleted, so that every past day shows those of that day.

use super::{connection::Store, error::StoreError, value::time, write::append::Tables};
use duckdb::params;
use jiff::{Timestamp, civil::Date};
use muster_core::{record::Record, records};

/// The limit of exceptions of one account that are neither withdrawn nor over. More can only come from a script.
pub const EXCEPTIONS_MAX: i64 = 500;

records! {
    pub struct Exception {
        pub exception_id: String,
        pub kind: String,
        pub cve: String,
        pub kb_id: String,
        pub title: String,
        pub account_id: String,
        pub patch_group: String,
        pub instance_id: String,
        pub until_day: Date,
        pub reason: String,
        pub made_by: String,
        pub made_by_name: String,
        pub made_at: Timestamp,
        pub withdrawn_by: Option<String>,
        pub withdrawn_by_name: Option<String>,
        pub withdrawn_at: Option<Timestamp>,
    }
}

/// Stores a new exception, unless its account has too many. Returns whether it did.
pub async fn add(store: &Store, exception: Exception) -> Result<bool, StoreError> {
    let work = move |connection: &mut duckdb::Connection| -> duckdb::Result<bool> {
        let transaction = connection.transaction()?;
        let holding: i64 = transaction.query_row(
            "SELECT count(*) FROM exception WHERE account_id = $1 AND withdrawn_at IS NULL AND until_day >= $2::TIMESTAMP::DATE",
            params![exception.account_id, time(exception.made_at)],
            |row| row.get(0),
        )?;
        if holding >= EXCEPTIONS_MAX {
            return Ok(false);
        }
        let mut tables = Tables::new(&transaction);
        tables.append("exception", [exception.fields()])?;
        tables.flush()?;
        transaction.commit()?;
        Ok(true)
    };
    store
        .write("an exception", move |writer| {
            work(&mut writer.connection).map_err(StoreError::write("store an exception"))
        })
        .await
}

/// Withdraws an exception. One that is already withdrawn keeps its time.
pub async fn withdraw(
    store: &Store,
    exception_id: String,
    (by, name): (String, String),
    now: Timestamp,
) -> Result<(), StoreError> {
    const WITHDRAW: &str = "
        UPDATE exception SET withdrawn_by = $2, withdrawn_by_name = $3, withdrawn_at = $4
        WHERE exception_id = $1 AND withdrawn_at IS NULL";
    store
        .write("an exception", move |writer| {
            let withdrawn = writer.connection.execute(WITHDRAW, params![exception_id, by, name, time(now)]);
            withdrawn.map(drop).map_err(StoreError::write("withdraw an exception"))
        })
        .await
}
