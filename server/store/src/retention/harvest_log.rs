//! Retention of the harvest log: the records of past harvests, their operations and errors.

use super::super::{connection::Writer, error::StoreError, value::time};
use jiff::Timestamp;

const TABLES: [&str; 3] = ["harvest_operation", "harvest_error", "harvest"];

/// Drops the records of harvests that began before `before`, except the last of each account and Region and their last
/// of each day, which pages as of that day show. Returns the number of rows.
pub fn drop_before(writer: &mut Writer, before: Timestamp) -> Result<u64, StoreError> {
    writer.transaction_apart("drop the records of old harvests", |transaction| {
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
        Ok(deleted)
    })
}
