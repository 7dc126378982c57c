//! An instance's installed software, by name.

use super::{
    bind::{Context, QueryBuilder},
    listing::Listing,
    narrowed::find_instance,
};
use crate::store::error::StoreError;
use app::model::{filter::HistoryFilter, software::SoftwareRow};
use duckdb::Connection;

pub fn listing(
    connection: &Connection,
    context: Context<'_>,
    filter: &HistoryFilter,
) -> Result<Listing<SoftwareRow>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_instance(&find_instance(connection, &filter.instance)?);
    let list = include_str!("software_list.sql");
    Ok(Listing::from_query(query, "software", list, "lower(w.name), w.version, w.architecture"))
}
