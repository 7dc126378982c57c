//! An instance's results of runs, newest first.

use super::{
    bind::{Context, QueryBuilder},
    listing::Listing,
    narrowed::find_instance,
};
use crate::store::error::StoreError;
use app::model::{filter::HistoryFilter, run::InvocationRow};
use duckdb::Connection;

pub fn listing(
    connection: &Connection,
    context: Context<'_>,
    filter: &HistoryFilter,
) -> Result<Listing<InvocationRow>, StoreError> {
    let mut query = QueryBuilder::for_instance_status(context);
    query.filter_instance(&find_instance(connection, &filter.instance)?);
    let list = include_str!("run_list.sql");
    Ok(Listing::from_query(query, "runs", list, "v.requested_at DESC, v.command_id"))
}
