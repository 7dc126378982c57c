//! The age of the figures on a page.

use super::bind::{AccountSelection, Context, QueryBuilder};
use crate::store::error::StoreError;
use app::model::freshness::Freshness;
use duckdb::Connection;

pub fn freshness(
    connection: &Connection,
    context: Context<'_>,
    selection: AccountSelection<'_>,
) -> Result<Freshness, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    query.filter_accounts(selection);
    let rows: Vec<Freshness> = query.read(connection, "the age of the figures", include_str!("freshness.sql"))?;
    Ok(Freshness { now: context.now, ..rows.into_iter().next().unwrap_or_default() })
}
