//! An instance's installed software, by name.

use crate::{
    builder::{Context, QueryBuilder},
    instances::found::find,
    listing::Listing,
};
use muster_model::{filter::HistoryFilter, software::SoftwareRow};
use muster_store::error::StoreError;

pub fn listing<'a>(context: Context<'a>, filter: &HistoryFilter) -> Result<Listing<'a, SoftwareRow>, StoreError> {
    let found = find(context, &filter.instance)?;
    if found.is_empty() {
        return Ok(Listing::from_rows(Vec::new()));
    }
    let query = QueryBuilder::for_found(context, &found);
    let list = include_str!("software.sql");
    Ok(Listing::from_query(query, "software", list, "lower(w.name), w.version, w.architecture"))
}
