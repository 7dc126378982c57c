//! The other registrations of a hybrid instance.

use crate::builder::QueryBuilder;
use duckdb::Connection;
use muster_model::instance::Registration;
use muster_store::error::StoreError;

/// Reads those of the one instance that the query is filtered to.
pub fn registrations(connection: &Connection, query: &QueryBuilder) -> Result<Vec<Registration>, StoreError> {
    query.read(connection, "an instance's registrations", include_str!("registrations.sql"))
}
