//! An instance's installed software, by name.

use crate::{
    builder::{Context, QueryBuilder},
    instance_key_filter::find_instance,
    listing::Listing,
};
use duckdb::Connection;
use muster_model::{filter::HistoryFilter, software::SoftwareRow};
use muster_store::error::StoreError;

pub fn listing(
    connection: &Connection,
    context: Context<'_>,
    filter: &HistoryFilter,
) -> Result<Listing<SoftwareRow>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_instance(&find_instance(connection, &filter.instance)?);
    let list = include_str!("software.sql");
    Ok(Listing::from_query(query, "software", list, "lower(w.name), w.version, w.architecture"))
}
