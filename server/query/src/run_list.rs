//! An instance's results of runs, newest first.

use super::{
    bind::{Context, Question, read_id},
    listing::Listing,
    narrowed,
};
use duckdb::Connection;
use muster_model::{filter::HistoryFilter, page::Window, provider::Provider, run::InvocationRow};
use muster_store::{
    error::StoreError,
    value::{read_time, read_time_option},
};

pub fn runs(
    connection: &Connection,
    context: Context<'_>,
    filter: &HistoryFilter,
    window: Option<Window>,
) -> Result<(u64, Vec<InvocationRow>), StoreError> {
    listing(connection, context, filter)?.page(connection, window)
}

pub fn listing(
    connection: &Connection,
    context: Context<'_>,
    filter: &HistoryFilter,
) -> Result<Listing<InvocationRow>, StoreError> {
    let mut question = Question::about_status(context);
    question.only_instance(&narrowed::find(connection, &filter.instance)?);
    let list = include_str!("run_list.sql");
    Ok(Listing::asked(question, "runs", list, "v.requested_at DESC, v.command_id", |row| {
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
