//! One account's row, or nothing when it is not in scope.

use super::{
    account_list::read,
    bind::{Context, Question},
};
use duckdb::Connection;
use muster_model::{account::AccountRow, ids::AccountId};
use muster_store::error::StoreError;

pub fn account(
    connection: &Connection,
    context: Context<'_>,
    account: &AccountId,
) -> Result<Option<AccountRow>, StoreError> {
    let mut question = Question::about_accounts(context);
    question.only_with("account_id = {}", account.to_string());
    let statement = include_str!("account_list.sql").replace("{order}", "");
    Ok(question.rows(connection, "an account", &statement, read)?.into_iter().next())
}
