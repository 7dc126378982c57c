//! One account's row, or nothing if it is not in scope.

use super::bind::{AccountSelection, Context, QueryBuilder};
use crate::store::error::StoreError;
use app::model::{account::AccountRow, ids::AccountId};
use duckdb::Connection;

pub fn account(
    connection: &Connection,
    context: Context<'_>,
    account: &AccountId,
) -> Result<Option<AccountRow>, StoreError> {
    let mut query = QueryBuilder::for_accounts(context);
    query.filter_accounts(AccountSelection::one(account));
    let statement = include_str!("account_list.sql").replace("{order}", "");
    Ok(query.read(connection, "an account", &statement)?.into_iter().next())
}
