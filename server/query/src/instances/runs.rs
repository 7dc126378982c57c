//! An instance's results of runs, newest first.

use crate::{
    builder::{Context, QueryBuilder},
    instance_key_filter::find_instance,
    listing::Listing,
};
use muster_model::{filter::HistoryFilter, run::InvocationRow};
use muster_store::error::StoreError;

pub fn listing<'a>(context: Context<'a>, filter: &HistoryFilter) -> Result<Listing<'a, InvocationRow>, StoreError> {
    let mut query = QueryBuilder::for_instance_status(context);
    query.filter_instance(&find_instance(context, &filter.instance)?);
    let list = include_str!("runs.sql");
    Ok(Listing::from_query(query, "runs", list, "v.requested_at DESC, v.command_id"))
}
