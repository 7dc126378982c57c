//! An instance's installed software, by name.

use crate::{
    builder::{Context, QueryBuilder},
    instance_key_filter::find_instance,
    listing::Listing,
};
use muster_model::{filter::HistoryFilter, software::SoftwareRow};
use muster_store::error::StoreError;

pub fn listing<'a>(context: Context<'a>, filter: &HistoryFilter) -> Result<Listing<'a, SoftwareRow>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_instance(&find_instance(context, &filter.instance)?);
    let list = include_str!("software.sql");
    Ok(Listing::from_query(query, "software", list, "lower(w.name), w.version, w.architecture"))
}
