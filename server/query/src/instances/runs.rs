//! An instance's results of runs, newest first.

use crate::{
    builder::{Context, QueryBuilder},
    instances::found::find_status,
    listing::Listing,
};
use muster_model::{filter::HistoryFilter, run::InvocationRow};
use muster_store::error::StoreError;

pub fn listing<'a>(context: Context<'a>, filter: &HistoryFilter) -> Result<Listing<'a, InvocationRow>, StoreError> {
    let found = find_status(context, &filter.instance)?;
    if found.is_empty() {
        return Ok(Listing::from_rows(Vec::new()));
    }
    let query = QueryBuilder::for_found(context, &found);
    let list = include_str!("runs.sql");
    Ok(Listing::from_query(query, "runs", list, "v.requested_at DESC, v.command_id"))
}
