//! An instance's results of runs, newest first.

use crate::{
    builder::{Context, QueryBuilder},
    instance_key_filter::find_instance,
    listing::Listing,
};
use duckdb::Connection;
use muster_model::{filter::HistoryFilter, run::InvocationRow};
use muster_store::error::StoreError;

pub fn listing(
    connection: &Connection,
    context: Context<'_>,
    filter: &HistoryFilter,
) -> Result<Listing<InvocationRow>, StoreError> {
    let mut query = QueryBuilder::for_instance_status(context);
    query.filter_instance(&find_instance(connection, &filter.instance)?);
    let list = include_str!("runs.sql");
    Ok(Listing::from_query(query, "runs", list, "v.requested_at DESC, v.command_id"))
}
