//! An account's associations.

use crate::builder::{Context, QueryBuilder};
use duckdb::Connection;
use muster_model::{ids::AccountId, plan::AssociationRow};
use muster_store::error::StoreError;

pub fn associations(
    connection: &Connection,
    context: Context<'_>,
    account: &AccountId,
) -> Result<Vec<AssociationRow>, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    query.filter_by("a.account_id = {}", account.to_string());
    query.read(connection, "associations", include_str!("associations.sql"))
}
