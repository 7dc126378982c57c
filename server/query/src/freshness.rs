//! The age of the figures on a page.

use crate::builder::{AccountSelection, Context, QueryBuilder};
use duckdb::Connection;
use muster_model::freshness::{Freshness, HarvestState};
use muster_store::{error::StoreError, value::read_time_option};

pub fn freshness(
    connection: &Connection,
    context: Context<'_>,
    selection: AccountSelection<'_>,
) -> Result<Freshness, StoreError> {
    let mut query = QueryBuilder::for_regions(context);
    query.filter_accounts(selection);
    query.row(connection, "the age of the figures", include_str!("freshness.sql"), |row| {
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

/// Returns the state behind `state_rank`, which follows the order of [`HarvestState`].
pub fn state_of_rank(rank: u8) -> HarvestState {
    HarvestState::ALL.get(usize::from(rank)).copied().unwrap_or(HarvestState::Never)
}

/// Returns the `state_rank` of a state.
pub fn rank_of_state(state: HarvestState) -> i32 {
    state as i32
}
