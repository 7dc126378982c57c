//! Figures by day.

use super::bind::{Context, Question};
use crate::store::{error::StoreError, value::read_day};
use app::model::{ids::AccountId, trend::TrendDay};
use duckdb::Connection;

pub fn trend(
    connection: &Connection,
    context: Context<'_>,
    customer: Option<&str>,
    provider: Option<&str>,
    account: Option<&AccountId>,
) -> Result<Vec<TrendDay>, StoreError> {
    let mut question = Question::about_regions(context);
    question
        .only_if("a.customer_id = {}", customer)
        .only_if("a.provider = {}", provider)
        .only_if("a.account_id = {}", account.map(AccountId::as_str));
    question.rows(connection, "the trend", include_str!("trend.sql"), |row| {
        Ok(TrendDay {
            day: read_day(row, 0)?,
            pending_os_updates: row.get(1)?,
            instances: row.get(2)?,
            up_to_date: row.get(3)?,
        })
    })
}
