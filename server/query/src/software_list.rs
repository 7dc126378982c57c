//! An instance's installed software, by name.

use super::{
    bind::{Context, Question},
    listing::Listing,
    narrowed,
};
use duckdb::Connection;
use muster_model::{filter::HistoryFilter, page::Window, software::SoftwareRow};
use muster_store::{error::StoreError, value::read_time_option};

pub fn software(
    connection: &Connection,
    context: Context<'_>,
    filter: &HistoryFilter,
    window: Option<Window>,
) -> Result<(u64, Vec<SoftwareRow>), StoreError> {
    let mut question = Question::about_names(context);
    question.only_instance(&narrowed::find(connection, &filter.instance)?);
    let list = include_str!("software_list.sql");
    let order = "lower(w.name), w.version, w.architecture";
    let listing = Listing::asked(question, "software", list, order, |row| {
        Ok(SoftwareRow {
            name: row.get(0)?,
            version: row.get(1)?,
            publisher: row.get(2)?,
            architecture: row.get(3)?,
            installed_at: read_time_option(row, 4)?,
        })
    });
    listing.page(connection, window)
}
