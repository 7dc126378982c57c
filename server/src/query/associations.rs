//! An account's associations.

use super::bind::{Context, QueryBuilder};
use crate::store::error::StoreError;
use app::model::{ids::AccountId, plan::AssociationRow};
use duckdb::Connection;

pub fn associations(
    connection: &Connection,
    context: Context<'_>,
    account: &AccountId,
) -> Result<Vec<AssociationRow>, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    query.filter_by("a.account_id = {}", account.to_string());
    query.read(connection, "associations", include_str!("associations.sql"))
}
