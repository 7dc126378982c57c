//! Pending updates by severity, every band once, zero or not.

use super::bind::{Context, Question};
use duckdb::Connection;
use muster_model::{
    ids::AccountId,
    severity::{SeverityBand, SeverityCount},
};
use muster_store::error::StoreError;

pub fn severity_counts(
    connection: &Connection,
    context: Context<'_>,
    customer: Option<&str>,
    provider: Option<&str>,
    account: Option<&AccountId>,
) -> Result<Vec<SeverityCount>, StoreError> {
    let mut question = Question::about_names(context);
    question
        .only_if("f.customer_id = {}", customer)
        .only_if("f.provider = {}", provider)
        .only_if("f.account_id = {}", account.map(AccountId::as_str));
    let statement = include_str!("severity_counts.sql");
    let found: Vec<(String, u64, u64)> = question
        .rows(connection, "updates by severity", statement, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(SeverityBand::ALL
        .into_iter()
        .map(|band| {
            let (updates, instances) = found
                .iter()
                .find(|(code, ..)| code == band.code())
                .map_or((0, 0), |(_, updates, instances)| (*updates, *instances));
            SeverityCount { band, pending_os_updates: updates, instances }
        })
        .collect())
}
