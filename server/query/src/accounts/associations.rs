//! An account's associations.

use crate::builder::{Context, QueryBuilder, count};
use duckdb::Connection;
use muster_model::{ids::AccountId, plan::AssociationRow};
use muster_store::{error::StoreError, value::read_time_option};

pub fn associations(
    connection: &Connection,
    context: Context<'_>,
    account: &AccountId,
) -> Result<Vec<AssociationRow>, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    query.filter_by("a.account_id = {}", account.to_string());
    query.rows(connection, "associations", include_str!("associations.sql"), |row| {
        Ok(AssociationRow {
            association_id: row.get(0)?,
            name: row.get(1)?,
            document_name: row.get(2)?,
            region: row.get(3)?,
            schedule: row.get(4)?,
            status: row.get(5)?,
            succeeded: count(row.get(6)?).into(),
            failed: count(row.get(7)?).into(),
            last_execution_at: read_time_option(row, 8)?,
        })
    })
}
