//! AWS's own lists of nodes: its counts beside ours, and the instances that it does not manage.

use crate::builder::{Context, QueryBuilder};
use jiff::Timestamp;
use muster_model::{
    column::Columns,
    ids::AccountId,
    nodes::{NodeCountRow, NodeListingRow, UnmanagedInstance, UnmanagedInstances},
};
use muster_store::error::StoreError;
use std::collections::HashMap;

#[derive(Columns)]
struct FoundListing {
    read_at: Timestamp,
    is_cut: bool,
}

/// Reads AWS's lists of all accounts, or of one, with their counts.
pub fn listings(context: Context<'_>, account: Option<&AccountId>) -> Result<Vec<NodeListingRow>, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    query.filter_by_option("l.account_id = {}", account.map(AccountId::as_str));
    let rows: Vec<NodeCountRow> = query.read("the counts of nodes", include_str!("nodes/counts.sql"))?;
    let mut counts: HashMap<AccountId, Vec<NodeCountRow>> = HashMap::new();
    for row in rows {
        counts.entry(row.account_id.clone()).or_default().push(row);
    }
    let listings: Vec<NodeListingRow> = query.read("the lists of nodes", include_str!("nodes/listings.sql"))?;
    let with_counts = |listing: NodeListingRow| NodeListingRow {
        counts: counts.remove(&listing.account_id).unwrap_or_default(),
        ..listing
    };
    Ok(listings.into_iter().map(with_counts).collect())
}

/// Reads the unmanaged instances of an account, if AWS lists them.
pub fn unmanaged(context: Context<'_>, account: &AccountId) -> Result<Option<UnmanagedInstances>, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    query.filter_by("l.account_id = {}", account.to_string());
    let listings: Vec<FoundListing> = query.read("the list of nodes", include_str!("nodes/unmanaged_listing.sql"))?;
    let Some(FoundListing { read_at, is_cut }) = listings.into_iter().next() else { return Ok(None) };
    let rows: Vec<UnmanagedInstance> = query.read("unmanaged instances", include_str!("nodes/unmanaged.sql"))?;
    Ok(Some(UnmanagedInstances { read_at, is_cut, rows }))
}
