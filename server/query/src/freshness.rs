//! How far the figures can be trusted.

use super::bind::{Context, Question};
use duckdb::Connection;
use muster_model::{
    freshness::{Freshness, HarvestState},
    ids::AccountId,
};
use muster_store::{error::StoreError, value::read_time_option};

/// Of all accounts in scope, or of those that a page narrows to.
pub fn freshness(
    connection: &Connection,
    context: Context<'_>,
    customer: Option<&str>,
    provider: Option<&str>,
    account: Option<&AccountId>,
) -> Result<Freshness, StoreError> {
    let mut question = Question::about_regions(context);
    question
        .only_if("customer_id = {}", customer)
        .only_if("provider = {}", provider)
        .only_if("account_id = {}", account.map(AccountId::as_str));
    question.row(connection, "the age of the figures", include_str!("freshness.sql"), |row| {
        Ok(Freshness {
            now: context.now,
            newest_harvest_at: read_time_option(row, 0)?,
            oldest_harvest_at: read_time_option(row, 1)?,
            accounts: row.get(2)?,
            accounts_fresh: row.get(3)?,
            accounts_stale: row.get(4)?,
        })
    })
}

/// The state behind `state_rank`.
pub fn state_of_rank(rank: u8) -> HarvestState {
    match rank {
        0 => HarvestState::Fresh,
        1 => HarvestState::Partial,
        2 => HarvestState::Stale,
        3 => HarvestState::Failing,
        _ => HarvestState::Never,
    }
}

/// The `state_rank` of a state.
pub fn rank_of_state(state: HarvestState) -> i32 {
    match state {
        HarvestState::Fresh => 0,
        HarvestState::Partial => 1,
        HarvestState::Stale => 2,
        HarvestState::Failing => 3,
        HarvestState::Never => 4,
    }
}
