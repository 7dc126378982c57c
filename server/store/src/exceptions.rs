//! Exceptions: made and revoked, and never deleted, so that every past day shows those of that day.

use super::{connection::Store, error::StoreError, value::time, write::append::Tables};
use duckdb::params;
use jiff::{SignedDuration, Timestamp, civil::Date};
use muster_core::{record::Record, records};

/// The limit of exceptions of one account that are neither revoked nor over, and of those that were made within a day. More
/// can only come from a script.
pub const EXCEPTIONS_MAX: i64 = 500;
pub const EXCEPTIONS_A_DAY_MAX: i64 = 200;

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
        pub revoked_by: Option<String>,
        pub revoked_by_name: Option<String>,
        pub revoked_at: Option<Timestamp>,
    }
}

/// The exceptions of an account that hold, and those that were made within a day. Those of a former customer do not count.
const HOLDING: &str = "
    SELECT
        count(*) FILTER (
            x.revoked_at IS NULL AND x.until_day >= $2::TIMESTAMP::DATE
            AND x.made_at >= coalesce((SELECT max(until_at) FROM former_owner WHERE account_id = $1), '-infinity')
        ),
        count(*) FILTER (x.made_at > $3)
    FROM exception x
    WHERE x.account_id = $1";

/// Stores a new exception, unless its account has too many. Returns whether it did.
pub async fn add(store: &Store, exception: Exception) -> Result<bool, StoreError> {
    let work = move |connection: &mut duckdb::Connection| -> duckdb::Result<bool> {
        let transaction = connection.transaction()?;
        let day_before = exception.made_at.checked_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
        let (holding, of_a_day): (i64, i64) = transaction.query_row(
            HOLDING,
            params![exception.account_id, time(exception.made_at), time(day_before)],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        if holding >= EXCEPTIONS_MAX || of_a_day >= EXCEPTIONS_A_DAY_MAX {
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

/// Revokes an exception, unless it is revoked or over already.
pub async fn revoke(
    store: &Store,
    exception_id: String,
    (by, name): (String, String),
    now: Timestamp,
) -> Result<(), StoreError> {
    const REVOKE: &str = "
        UPDATE exception SET revoked_by = $2, revoked_by_name = $3, revoked_at = $4
        WHERE exception_id = $1 AND revoked_at IS NULL AND until_day >= $4::TIMESTAMP::DATE";
    store
        .write("an exception", move |writer| {
            let revoked = writer.connection.execute(REVOKE, params![exception_id, by, name, time(now)]);
            revoked.map(drop).map_err(StoreError::write("revoke an exception"))
        })
        .await
}
