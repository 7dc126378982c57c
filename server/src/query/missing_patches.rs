//! The updates that are missing on most instances.

use super::bind::{AccountSelection, Context, QueryBuilder};
use crate::store::error::StoreError;
use app::model::update::MissingPatch;
use duckdb::Connection;

pub fn missing_patches(
    connection: &Connection,
    context: Context<'_>,
    selection: AccountSelection<'_>,
) -> Result<Vec<MissingPatch>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_accounts(selection);
    query.read(connection, "missing updates", include_str!("missing_patches.sql"))
}
