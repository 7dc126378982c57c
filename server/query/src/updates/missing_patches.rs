//! The updates that are missing on most instances.

use crate::builder::{AccountSelection, Context, QueryBuilder};
use duckdb::Connection;
use muster_model::update::MissingPatch;
use muster_store::error::StoreError;

pub fn missing_patches(
    connection: &Connection,
    context: Context<'_>,
    selection: AccountSelection<'_>,
) -> Result<Vec<MissingPatch>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_accounts(selection);
    query.read(connection, "missing updates", include_str!("missing_patches.sql"))
}
