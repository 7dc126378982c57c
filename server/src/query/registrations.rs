//! The other registrations of a hybrid instance.

use super::bind::QueryBuilder;
use crate::store::error::StoreError;
use app::model::instance::Registration;
use duckdb::Connection;

/// Reads those of the one instance that the query is filtered to.
pub fn registrations(connection: &Connection, query: &QueryBuilder) -> Result<Vec<Registration>, StoreError> {
    query.read(connection, "an instance's registrations", include_str!("registrations.sql"))
}
