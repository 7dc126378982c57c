//! The updates that are missing on most instances.

use crate::builder::{AccountSelection, Context, QueryBuilder};
use muster_model::update::MissingPatch;
use muster_store::error::StoreError;

pub fn missing_patches(context: Context<'_>, selection: AccountSelection<'_>) -> Result<Vec<MissingPatch>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_accounts(selection);
    query.read("missing updates", include_str!("missing_patches.sql"))
}
