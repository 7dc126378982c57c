//! What is missing on most machines.

use super::{
    bind::{Context, Question},
    update_list::described,
};
use duckdb::Connection;
use muster_model::update::MissingPatch;
use muster_store::{error::StoreError, value::read_time};

pub fn missing_patches(
    connection: &Connection,
    context: Context<'_>,
    customer: Option<&str>,
    provider: Option<&str>,
) -> Result<Vec<MissingPatch>, StoreError> {
    let mut question = Question::about_names(context);
    question.only_if("f.customer_id = {}", customer).only_if("f.provider = {}", provider);
    question.rows(connection, "missing updates", include_str!("missing_patches.sql"), |row| {
        let name: String = row.get(1)?;
        Ok(MissingPatch {
            description: described(row.get(0)?, &name),
            name,
            severity: row.get(2)?,
            instances: row.get(3)?,
            accounts: row.get(4)?,
            first_seen_at: read_time(row, 5)?,
        })
    })
}
