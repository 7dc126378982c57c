//! The age of the figures on a page.

use crate::builder::{AccountSelection, Context, QueryBuilder};
use muster_model::freshness::Freshness;
use muster_store::error::StoreError;

pub fn freshness(context: Context<'_>, selection: AccountSelection<'_>) -> Result<Freshness, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    query.filter_accounts(selection);
    let rows: Vec<Freshness> = query.read("the age of the figures", include_str!("freshness.sql"))?;
    Ok(Freshness { now: context.now, ..rows.into_iter().next().unwrap_or_default() })
}
