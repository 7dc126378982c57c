//! The updates that are missing on most instances.

use crate::{
    builder::{AccountSelection, Context, QueryBuilder},
    updates::list::described,
};
use duckdb::Connection;
use muster_model::update::MissingPatch;
use muster_store::{error::StoreError, value::read_time};

pub fn missing_patches(
    connection: &Connection,
    context: Context<'_>,
    selection: AccountSelection<'_>,
) -> Result<Vec<MissingPatch>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_accounts(selection);
    query.rows(connection, "missing updates", include_str!("missing_patches.sql"), |row| {
        let name: String = row.get(1)?;
        Ok(MissingPatch {
            description: described(row.get(0)?, &name),
            name,
            severity: row.get(2)?,
            instances: row.get(3)?,
            accounts: row.get(4)?,
            first_seen_at: read_time(row, 5)?,
        })
    })
}
