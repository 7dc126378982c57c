//! An account's patch groups.

use crate::builder::{AccountSelection, Context, QueryBuilder};
use duckdb::Connection;
use muster_model::{account::PatchGroupRow, ids::AccountId};
use muster_store::error::StoreError;

pub fn patch_groups(
    connection: &Connection,
    context: Context<'_>,
    account: &AccountId,
) -> Result<Vec<PatchGroupRow>, StoreError> {
    let mut query = QueryBuilder::for_instance_status(context);
    query.filter_accounts(AccountSelection::one(account));
    query.read(connection, "patch groups", include_str!("patch_groups.sql"))
}
