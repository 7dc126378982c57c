//! An account's patch groups.

use super::bind::{AccountSelection, Context, QueryBuilder};
use crate::store::error::StoreError;
use app::model::{account::PatchGroupRow, ids::AccountId};
use duckdb::Connection;

pub fn patch_groups(
    connection: &Connection,
    context: Context<'_>,
    account: &AccountId,
) -> Result<Vec<PatchGroupRow>, StoreError> {
    let mut query = QueryBuilder::for_instance_status(context);
    query.filter_accounts(AccountSelection::one(account));
    query.read(connection, "patch groups", include_str!("patch_groups.sql"))
}
