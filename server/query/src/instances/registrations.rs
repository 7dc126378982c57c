//! The other registrations of a hybrid instance.

use crate::builder::{QueryBuilder, read_id};
use duckdb::Connection;
use muster_model::instance::Registration;
use muster_store::{
    error::StoreError,
    value::{read_time, read_time_option},
};

/// Reads those of the one instance that the query is filtered to.
pub fn registrations(connection: &Connection, query: &QueryBuilder) -> Result<Vec<Registration>, StoreError> {
    query.rows(connection, "an instance's registrations", include_str!("registrations.sql"), |row| {
        Ok(Registration {
            instance_id: read_id(row, 0)?,
            region: row.get(1)?,
            registered_at: read_time_option(row, 2)?,
            first_seen_at: read_time(row, 3)?,
            gone_at: read_time_option(row, 4)?,
            earlier: row.get(5)?,
        })
    })
}
