//! Deletes what is only of use for a while: how long-past harvests went. What they found is `retain.rs`'s.

use super::{connection::Writer, error::StoreError, value::time};
use jiff::Timestamp;

const TABLES: [&str; 3] = ["harvest_operation", "harvest_error", "harvest"];

/// Drops the records of harvests that began before `before`, but never an account's latest, nor its last of a day: that is
/// what the past of the day is shown with.
pub fn prune(writer: &mut Writer, before: Timestamp) -> Result<u64, StoreError> {
    let mut delete = || -> duckdb::Result<u64> {
        let transaction = writer.connection.transaction()?;
        let mut deleted = 0;
        for table in TABLES {
            let sql = format!(
                "DELETE FROM {table} WHERE harvest_id IN (
                    SELECT h.harvest_id FROM harvest h
                    WHERE h.started_at < $1
                      AND NOT EXISTS (SELECT 1 FROM account_region r WHERE r.last_harvest_id = h.harvest_id)
                      AND NOT EXISTS (SELECT 1 FROM past_account_region r WHERE r.last_harvest_id = h.harvest_id)
                )"
            );
            deleted += transaction.execute(&sql, [time(before)])? as u64;
        }
        transaction.commit()?;
        Ok(deleted)
    };
    delete().map_err(StoreError::write("prune the records of old harvests"))
}
