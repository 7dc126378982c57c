//! One account's row, or nothing if it is not in scope.

use crate::builder::{AccountSelection, Context, QueryBuilder};
use duckdb::Connection;
use muster_model::{account::AccountRow, ids::AccountId};
use muster_store::error::StoreError;

pub fn account(
    connection: &Connection,
    context: Context<'_>,
    account: &AccountId,
) -> Result<Option<AccountRow>, StoreError> {
    let mut query = QueryBuilder::for_accounts(context);
    query.filter_accounts(AccountSelection::one(account));
    let statement = include_str!("list.sql").replace("{order}", "");
    Ok(query.read(connection, "an account", &statement)?.into_iter().next())
}
