//! An account's patch groups.

use crate::builder::{AccountSelection, Context, QueryBuilder};
use duckdb::Connection;
use muster_model::{account::PatchGroupRow, ids::AccountId, patch_status::StatusCounts};
use muster_store::error::StoreError;

pub fn patch_groups(
    connection: &Connection,
    context: Context<'_>,
    account: &AccountId,
) -> Result<Vec<PatchGroupRow>, StoreError> {
    let mut query = QueryBuilder::for_instance_status(context);
    query.filter_accounts(AccountSelection::one(account));
    query.rows(connection, "patch groups", include_str!("patch_groups.sql"), |row| {
        Ok(PatchGroupRow {
            patch_group: row.get(0)?,
            instances: row.get(1)?,
            status: StatusCounts {
                no_data: row.get(2)?,
                stale: row.get(3)?,
                failed: row.get(4)?,
                pending: row.get(5)?,
                pending_reboot: row.get(6)?,
                up_to_date: row.get(7)?,
            },
        })
    })
}
