//! An instance's results of runs, newest first.

use crate::{
    builder::{Context, QueryBuilder, read_id},
    instance_key_filter::find_instance,
    listing::Listing,
};
use duckdb::Connection;
use muster_model::{filter::HistoryFilter, provider::Provider, run::InvocationRow};
use muster_store::{
    error::StoreError,
    value::{read_time, read_time_option},
};

pub fn listing(
    connection: &Connection,
    context: Context<'_>,
    filter: &HistoryFilter,
) -> Result<Listing<InvocationRow>, StoreError> {
    let mut query = QueryBuilder::for_instance_status(context);
    query.filter_instance(&find_instance(connection, &filter.instance)?);
    let list = include_str!("runs.sql");
    Ok(Listing::from_query(query, "runs", list, "v.requested_at DESC, v.command_id", |row| {
        Ok(InvocationRow {
            requested_at: read_time(row, 0)?,
            finished_at: read_time_option(row, 1)?,
            operation: row.get(2)?,
            status: row.get(3)?,
            status_details: row.get(4)?,
            response_code: row.get(5)?,
            command_id: row.get(6)?,
            document_name: row.get(7)?,
            instance_id: read_id(row, 8)?,
            instance_name: row.get(9)?,
            provider: Provider::new(row.get::<_, String>(10)?),
            account_id: read_id(row, 11)?,
            account_name: row.get(12)?,
            region: row.get(13)?,
            contradicts_state: row.get::<_, Option<bool>>(14)?.unwrap_or_default(),
        })
    }))
}
