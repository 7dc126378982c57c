//! An instance's installed software, by name.

use crate::{
    builder::{Context, QueryBuilder},
    instance_key_filter::find_instance,
    listing::Listing,
};
use duckdb::Connection;
use muster_model::{filter::HistoryFilter, software::SoftwareRow};
use muster_store::{error::StoreError, value::read_time_option};

pub fn listing(
    connection: &Connection,
    context: Context<'_>,
    filter: &HistoryFilter,
) -> Result<Listing<SoftwareRow>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_instance(&find_instance(connection, &filter.instance)?);
    let list = include_str!("software.sql");
    Ok(Listing::from_query(query, "software", list, "lower(w.name), w.version, w.architecture", |row| {
        Ok(SoftwareRow {
            name: row.get(0)?,
            version: row.get(1)?,
            publisher: row.get(2)?,
            architecture: row.get(3)?,
            installed_at: read_time_option(row, 4)?,
        })
    }))
}
