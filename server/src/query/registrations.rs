//! The same machine under other ids.

use super::bind::{Context, Question, read_id};
use crate::store::{
    error::StoreError,
    value::{read_time, read_time_option},
};
use app::model::instance::Registration;
use duckdb::Connection;

/// `key` is the instance's own.
pub fn registrations(connection: &Connection, context: Context<'_>, key: i64) -> Result<Vec<Registration>, StoreError> {
    let mut question = Question::about_names(context);
    question.only_with("f.instance_key = {}", key);
    question.rows(connection, "an instance's registrations", include_str!("registrations.sql"), |row| {
        Ok(Registration {
            instance_id: read_id(row, 0)?,
            region: row.get(1)?,
            registered_at: read_time_option(row, 2)?,
            first_seen_at: read_time(row, 3)?,
            gone_at: read_time_option(row, 4)?,
            earlier: row.get(5)?,
        })
    })
}
