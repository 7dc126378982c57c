//! The rows of the Patching table.

use crate::{
    builder::{Context, QueryBuilder, order_by},
    listing::Listing,
};
use muster_model::{account::AccountRow, filter::AccountFilter};
use muster_store::error::StoreError;

/// Prepares the accounts that match the filter, grouped by provider.
pub fn listing<'a>(context: Context<'a>, filter: &AccountFilter) -> Result<Listing<'a, AccountRow>, StoreError> {
    let list = include_str!("list.sql");
    Ok(Listing::from_query(query(context, filter), "accounts", list, order(filter)))
}

fn query<'a>(context: Context<'a>, filter: &AccountFilter) -> QueryBuilder<'a> {
    let mut query = QueryBuilder::for_accounts(context);
    query.filter_columns(filter).search("account_name, account_id, customer_name", filter.q.as_deref());
    if let Some(state) = filter.harvest {
        query.filter_by("state_rank = {}", state as i32);
    }
    query
}

fn order(filter: &AccountFilter) -> String {
    format!("f.provider_rank, f.provider, {}, lower(f.account_name), f.account_id", order_by(&filter.order, &[]))
}
